"""The values of a workout file's fields: which are valid, and what they are in SI units.

The ranges are those of the schema's constraints, so every staged value can be stored. Values repeat: a year of training
has about a hundred different weights and thirty different reps. So each parser remembers the values it has parsed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from workouts_api.web import texts
from workouts_api.web.units import KG_DECIMALS, settled

from .refusals import LineError, shown

T = TypeVar("T")

KILOGRAMS_IN_A_POUND = 0.45359237  # exact since the international yard and pound agreement of 1959
METRES_IN_A_MILE = 1609.344  # exact by the same agreement

MAX_REMEMBERED = 20_000
MAX_REMEMBERED_LENGTH = 64  # characters: with the number above this is a megabyte

_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,20})?|\.\d{1,20})", re.ASCII)
_WITH_COMMA = re.compile(r"[+-]?\d{1,15},\d{1,20}", re.ASCII)


class Parser(dict[str, T]):
    """``parser[text]`` is the value. A text is parsed the first time and looked up afterwards. Of long texts the
    last is remembered, also if it is not valid: lines that follow each other repeat it.

    :raises LineError: for a text that is not valid, every time.
    """

    def __init__(self, parse: Callable[[str], T]) -> None:
        super().__init__()
        self._parse = parse
        self._last: tuple[str, T | LineError] | None = None

    def __missing__(self, text: str) -> T:
        if len(text) > MAX_REMEMBERED_LENGTH:
            return self._parse_long(text)
        value = self._parse(text)
        if len(self) >= MAX_REMEMBERED:
            self.clear()
        self[text] = value
        return value

    def _parse_long(self, text: str) -> T:
        if self._last is None or self._last[0] != text:
            try:
                self._last = text, self._parse(text)
            except LineError as refusal:
                self._last = text, refusal
        value = self._last[1]
        if isinstance(value, LineError):
            raise LineError(str(value))
        return value


def number(
    column: str, low: float, high: float, factor: float = 1.0, *, what: str = "number", decimals: int = KG_DECIMALS
) -> Callable[[str], float | None]:
    """A parser of decimal numbers. Blank means no value.

    :param low: and ``high``: the range of the result, both ends included.
    :param factor: one unit of the file in our unit.
    :param what: its name in messages.
    :param decimals: how many are kept, as in the API; see workouts_api/web/units.py.
    """
    expected = f"a {what} from {low / factor:,.6g} to {high / factor:,.6g}"

    def parse(text: str) -> float | None:
        bare = text.strip()
        if not bare:
            return None
        value = float(bare) * factor if _NUMBER.fullmatch(bare) else math.nan
        if not low <= value <= high:
            point = ", with a decimal point" if _WITH_COMMA.fullmatch(bare) else ""
            raise LineError(f"{column} holds {shown(text)}: expected {expected}{point}.")
        try:
            return settled(value, decimals)
        except ValueError as error:
            raise LineError(f"{column} holds {shown(text)}: {error}.") from error

    return parse


def whole(column: str, low: int, high: int) -> Callable[[str], int | None]:
    """A parser of whole numbers, which may be written as 10.0. Blank means no value."""
    parse_number = number(column, low, high, what="whole number", decimals=20)

    def parse(text: str) -> int | None:
        value = parse_number(text)
        if value is None:
            return None
        if value != int(value):
            raise LineError(f"{column} holds {shown(text)}: expected a whole number from {low:,} to {high:,}.")
        return int(value)

    return parse


def half_steps(column: str, low: float, high: float) -> Callable[[str], float | None]:
    """A parser of numbers in steps of a half, such as RPE. Blank means no value."""
    parse_number = number(column, low, high, decimals=20)

    def parse(text: str) -> float | None:
        value = parse_number(text)
        if value is not None and value * 2 != int(value * 2):
            raise LineError(f"{column} holds {shown(text)}: expected steps of 0.5.")
        return value

    return parse


def choice(column: str, meanings: dict[str, str]) -> Callable[[str], str]:
    """A parser of a fixed list of words, in any case."""

    def parse(text: str) -> str:
        meaning = meanings.get(text.strip().lower())
        if meaning is None:
            raise LineError(f"{column} holds {shown(text)}: expected one of {', '.join(filter(None, meanings))}.")
        return meaning

    return parse


def words(column: str, most: int, form: Callable[[str], str] = texts.free) -> Callable[[str], str]:
    """A parser of texts that may be empty. It removes blanks around them.

    :param form: which characters are allowed, and how they are stored; see workouts_api/web/texts.py.
    """

    def parse(text: str) -> str:
        bare = text.strip()
        if len(bare) > most * 4:  # far too long: refuse it before any work
            raise LineError(f"{column} has {len(bare):,} characters: expected at most {most:,}.")
        try:
            bare = form(bare)
        except texts.TextError as error:
            raise LineError(f"{column} holds {shown(bare)}: {str(error)[0].lower()}{str(error)[1:]}") from error
        if len(bare) > most:
            raise LineError(f"{column} has {len(bare):,} characters: expected at most {most:,}.")
        return bare

    return parse


def name(column: str, most: int) -> Callable[[str], str]:
    """A parser of names, which are not empty. Same rules as in the API, but invisible characters are dropped."""
    parse_words = words(column, most, partial(texts.name_without_invisible, longest=most * 4))

    def parse(text: str) -> str:
        bare = parse_words(text)
        if not bare:
            raise LineError(f"{column} is empty: expected a name.")
        return bare

    return parse


class Measured:
    """A quantity that a file may have in two columns, one for each unit. The filled one counts.

    :param names: the columns' names. The first is the column of our unit.
    """

    def __init__(self, names: tuple[str, str], low: float, high: float, factors: tuple[float, float]) -> None:
        self.names = names
        self.ours, self._other = (
            Parser(number(column, low, high, factor)) for column, factor in zip(names, factors, strict=True)
        )

    def either(self, value: float | None, other: str) -> tuple[float | None, bool]:
        """The value that counts, and whether the two columns differ by more than rounding. If so, our unit's counts.

        A 0 beside another value counts as blank: some programs write 0 in the column of the unit that is not used.

        :raises LineError: if the other column's text is not valid.
        """
        second = self._other[other]
        if second is None or value is None:
            return second if value is None else value, False
        return value or second, not math.isclose(value, second, rel_tol=0.01, abs_tol=0.25)
