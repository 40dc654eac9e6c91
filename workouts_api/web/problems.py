"""How many problems of a body are looked for. Whoever sends a megabyte of mistakes learns of the first ones.

An error costs more to make and to tell than the bytes that caused it. So the rest is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from itertools import islice
from typing import Any, TypeVar

from marshmallow import ValidationError

Item = TypeVar("Item")
MOST_PROBLEMS = 100  # of a list, with those of the lists inside it; then it is not read on
MOST_UNKNOWN = 20  # fields of an object that are told to be unknown


def number_of(messages: Any) -> int:
    """How many problems an error tells of."""
    if isinstance(messages, dict):
        return sum(map(number_of, messages.values()))
    return 1


def read_each(given: list[Any], read: Callable[[Any], Item]) -> list[Item]:
    """What is read of each item of a list.

    :raises ValidationError: with the problems of items by their places. After MOST_PROBLEMS it is not read on.
    """
    items: list[Item] = []
    wrong: dict[int, Any] = {}
    problems = 0
    for place, one in enumerate(given):
        try:
            items.append(read(one))
        except ValidationError as error:
            wrong[place] = error.messages
            problems += number_of(error.messages)
            if problems >= MOST_PROBLEMS:
                break
    if wrong:
        raise ValidationError(wrong)
    return items


def with_few_unknown(given: Mapping[str, Any], known: Container[str], most_known: int) -> Mapping[str, Any]:
    """An object without most of its unknown fields, if it has many.

    :param known: the names of fields. :param most_known: their number.
    """
    if len(given) <= most_known + MOST_UNKNOWN:
        return given
    unknown = dict(islice(((name, value) for name, value in given.items() if name not in known), MOST_UNKNOWN))
    return {name: value for name, value in given.items() if name in known} | unknown
