"""What may stand in the fields of a workout file, and what it comes to in SI units.

Ranges are those of the schema's constraints, so that what is staged is sure to be stored. Training repeats itself:
a year has some hundred different weights and thirty different reps, so each parser remembers what it has seen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TypeVar

from workouts_api.web import texts
from workouts_api.web.units import KG_DECIMALS, settled

from .refusals import LineError, shown

T = TypeVar("T")

KILOGRAMS_IN_A_POUND = 0.45359237  # exact since the international yard and pound agreement of 1959
METRES_IN_A_MILE = 1609.344  # likewise

MAX_REMEMBERED = 20_000
MAX_REMEMBERED_LENGTH = 64  # characters: with the number above, a megabyte

_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,20})?|\.\d{1,20})", re.ASCII)
_WITH_COMMA = re.compile(r"[+-]?\d{1,15},\d{1,20}", re.ASCII)


class Parser(dict[str, T]):
    """``parser[text]`` is the value: parsed when seen first, looked up afterwards.

    :raises LineError: for a text that is not valid, on every look.
    """

    def __init__(self, parse: Callable[[str], T]) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, text: str) -> T:
        value = self._parse(text)
        if len(text) <= MAX_REMEMBERED_LENGTH:
            if len(self) >= MAX_REMEMBERED:
                self.clear()
            self[text] = value
        return value


def number(
    column: str, low: float, high: float, factor: float = 1.0, *, what: str = "number", decimals: int = KG_DECIMALS
) -> Callable[[str], float | None]:
    """A parser of decimal numbers, blank for none.

    :param low: and ``high``: the range of what comes out, ends included.
    :param factor: what one unit of the file is in ours.
    :param what: what messages call it.
    :param decimals: how many are kept, as the API keeps them; see workouts_api/web/units.py.
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
    """A parser of whole numbers, which may be written as 10.0; blank for none."""
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
    """A parser of numbers in steps of a half, as RPE is given; blank for none."""
    parse_number = number(column, low, high, decimals=20)

    def parse(text: str) -> float | None:
        value = parse_number(text)
        if value is not None and value * 2 != int(value * 2):
            raise LineError(f"{column} holds {shown(text)}: expected steps of 0.5.")
        return value

    return parse


def choice(column: str, meanings: dict[str, str]) -> Callable[[str], str]:
    """A parser of one of some words, in any case."""

    def parse(text: str) -> str:
        meaning = meanings.get(text.strip().lower())
        if meaning is None:
            raise LineError(f"{column} holds {shown(text)}: expected one of {', '.join(filter(None, meanings))}.")
        return meaning

    return parse


def words(column: str, most: int, form: Callable[[str], str] = texts.free) -> Callable[[str], str]:
    """A parser of texts that may be empty, without blanks around them.

    :param form: which characters are taken, and how they are kept; see workouts_api/web/texts.py.
    """

    def parse(text: str) -> str:
        bare = text.strip()
        if len(bare) > most * 4:  # by far: nothing is done to it
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
    """A parser of names: not empty, and as the API would take them but for what cannot be seen, which is dropped."""
    parse_words = words(column, most, texts.name_without_invisible)

    def parse(text: str) -> str:
        bare = parse_words(text)
        if not bare:
            raise LineError(f"{column} is empty: expected a name.")
        return bare

    return parse


class Measured:
    """A quantity that a file may have in two columns, one for each unit: the one that is filled counts.

    :param names: of the columns, the first being that of our unit.
    """

    def __init__(self, names: tuple[str, str], low: float, high: float, factors: tuple[float, float]) -> None:
        self.names = names
        self.ours, self._other = (
            Parser(number(column, low, high, factor)) for column, factor in zip(names, factors, strict=True)
        )

    def either(self, value: float | None, other: str) -> tuple[float | None, bool]:
        """What counts, and whether both columns have a value and they differ by more than rounding; then ours is taken.

        A 0 beside another value is a blank: some programs fill the column of the unit that nobody uses with it.

        :raises LineError: if the other column's text is not valid.
        """
        second = self._other[other]
        if second is None or value is None:
            return second if value is None else value, False
        return value or second, not math.isclose(value, second, rel_tol=0.01, abs_tol=0.25)
