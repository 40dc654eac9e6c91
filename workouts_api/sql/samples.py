"""The samples of a query file: ``-- @sample heavy_athlete: viewer_id = 1, words = 'push'``.

Owns the syntax of the named sets, and of a sample by itself: one expression of SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from workouts_api.sql.lexer import tokenize

_SET = re.compile(r"(?P<name>[a-z][a-z0-9_]*)\s*:\s*(?P<values>\S.*)")
_VALUE = re.compile(r"\s*(?P<parameter>\w+)\s*=\s*(?P<sample>\S.*?)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SampleSet:
    """A named set: the parameters that differ from their usual samples, each as SQL, with its line."""

    name: str
    line: int
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


def read_sample_set(value: str) -> tuple[str, list[tuple[str, str]]]:
    """What stands behind ``@sample``: the set's name, and its parameters with their samples.

    :raises ValueError: when it is none.
    """
    found = _SET.fullmatch(value)
    values = [_VALUE.fullmatch(piece) for piece in _split(found["values"])] if found else []
    if found is None or not all(values):
        raise ValueError(f"@sample {value!r}: expected name: parameter = sample, parameter = sample".rstrip())
    return found["name"], [(value["parameter"], value["sample"]) for value in values if value]


def sample_problem(sample: str) -> str | None:
    """Why a sample can't be put in the place of a parameter, if so; whether it is SQL, the server says."""
    for token in tokenize(sample):
        if token.kind not in ("code", "string", "identifier", "bracket"):
            return f"{sample[token.start : token.end]!r} doesn't belong there, expected one expression of SQL"
    return None


def _split(values: str) -> Iterator[str]:
    """The pieces between the commas that stand in no brackets and no quotes."""
    depth, piece = 0, ""
    for token in tokenize(values):
        text = values[token.start : token.end]
        if token.kind == "bracket":
            depth += 1 if text in "([" else -1
        if token.kind == "code" and depth == 0:
            *ended, text = text.split(",")
            for more in ended:
                yield piece + more
                piece = ""
        piece += text
    yield piece
