"""The lists inside a session: its exercises, and their sets.

marshmallow's own nested lists check every field of every row, also fields that are absent. A set has a dozen fields,
and a client sends four or five of them. Rows checks only fields that are present: a session with 12 sets takes a third
of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from workouts_api.api.sessions.rules import broken_rules, number_rows, stands_twice
from workouts_api.web.problems import MOST_PROBLEMS, MOST_UNKNOWN, number_of, read_each, with_few_unknown
from workouts_api.web.sentences import MISSING, UNKNOWN

Row = dict[str, Any]


class Rows(fields.List[Row]):
    """A list of numbered rows.

    :param schema: the schema of a row.
    :param number: the field that identifies a row in its list. A row without it gets the next number.
    :param finish: called with each valid row; it may change the row or raise ValidationError.
    :param longest: the greatest number of rows.
    """

    def __init__(
        self,
        schema: type[ma.Schema],
        *,
        number: str,
        longest: int,
        finish: Callable[[Row], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fields.Nested(schema), validate=validate.Length(max=longest), **kwargs)
        declared = schema().fields
        self._read = {name: field.deserialize for name, field in declared.items() if not field.dump_only}
        self._read_only = declared.keys() - self._read.keys()
        self._names = declared.keys()
        self._most_names = len(declared) + MOST_UNKNOWN
        self._required = frozenset(name for name in self._read if declared[name].required)
        self._number, self._longest, self._finish = number, longest, finish

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if type(value) is not list:
            raise self.make_error("invalid")
        if len(value) > self._longest:
            raise ma.ValidationError(f"Expected at most {self._longest}, there are {len(value)}.")
        try:
            rows = read_each(value, self._row)
        except ma.ValidationError as error:
            raise ma.ValidationError(self._with_twins(value, error.messages_dict)) from error
        number_rows(rows, self._number)
        return rows

    def _with_twins(self, given: list[Any], wrong: dict[Any, Any]) -> dict[Any, Any]:
        """The problems of rows, and those of numbers that stand twice, as far as the rows were read."""
        last, seen = max(wrong), set[int]()
        for place, row in enumerate(given[: last + 1 if number_of(wrong) >= MOST_PROBLEMS else None]):
            number = row.get(self._number) if type(row) is dict else None
            if type(number) is not int or self._number in wrong.get(place, {}):
                continue
            if number in seen:
                wrong[place] = {**wrong.get(place, {}), self._number: [stands_twice(number)]}
            seen.add(number)
        return wrong

    def _row(self, given: Any) -> Row:
        if type(given) is not dict:
            raise ma.ValidationError({"_schema": ["Expected an object."]})
        row: Row = {}
        wrong: dict[str, Any] = {}
        read = self._read
        if len(given) > self._most_names:
            given = with_few_unknown(given, self._names, len(self._names))
        for name, value in given.items():
            try:
                row[name] = read[name](value)
            except KeyError:
                if name not in self._read_only:
                    wrong[name] = [UNKNOWN]
            except ma.ValidationError as error:
                wrong[name] = error.messages
        for name in self._required - given.keys():
            wrong[name] = [MISSING]
        if wrong:
            if self._finish:  # what is wrong by itself is unknown to the rules
                wrong = broken_rules({**dict.fromkeys(wrong), **row}, self._finish) | wrong
            raise ma.ValidationError(wrong)
        if self._finish:
            self._finish(row)
        return row
