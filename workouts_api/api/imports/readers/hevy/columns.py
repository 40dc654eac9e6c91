"""The columns of Hevy's export: the place of each, and how its values are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from operator import itemgetter

from workouts_api.api.imports.records import separated_otherwise
from workouts_api.api.imports.refusals import FileError, shown
from workouts_api.api.imports.values import (
    KILOGRAMS_IN_A_POUND,
    METRES_IN_A_MILE,
    Measured,
    Parser,
    choice,
    half_steps,
    name,
    whole,
    words,
)
from workouts_api.web import texts

NEEDED = ("title", "start_time", "end_time", "exercise_title", "set_type", "reps")
KINDS = {
    "normal": "n", "": "n", "warmup": "w", "warm_up": "w", "failure": "f", "dropset": "d", "drop_set": "d", "drop": "d",
}  # fmt: skip


class Columns:
    """The columns that the first line of a file names.

    :raises FileError: if it is not the first line of a Hevy export.
    """

    def __init__(self, header: list[str]) -> None:
        names = [column.strip().removeprefix("\ufeff").lower() for column in header]
        self._refuse_other_files(header, names)
        self.width = len(names)
        at = {column: place for place, column in enumerate(names)}
        blank = self.width  # each row gets a blank field at its end; columns that the file lacks read it
        self._index = at.get("set_index")
        self.head = itemgetter(at["title"], at["start_time"], at["end_time"], at.get("description", blank))
        self.exercise = itemgetter(at["exercise_title"])
        self.of_exercise = itemgetter(at.get("exercise_notes", blank), at.get("superset_id", blank))
        self.of_set = itemgetter(
            at.get("set_index", blank), at["set_type"], at["reps"],
            at.get("weight_kg", blank), at.get("weight_lbs", blank),
            at.get("distance_km", blank), at.get("distance_miles", blank),
            at.get("duration_seconds", blank), at.get("rpe", blank),
        )  # fmt: skip
        self.title = Parser(words("title", 200, texts.line))
        self.description = Parser(_notes("description", 20_000))
        self.exercise_name = Parser(name("exercise_title", 200))
        self.exercise_notes = Parser(_notes("exercise_notes", 5000))
        self.superset = Parser(whole("superset_id", 0, 1000))
        self.set_index = Parser(_set_index)
        self.kind = Parser(choice("set_type", KINDS))
        self.reps = Parser(whole("reps", 0, 9999))
        self.weight = Measured(("weight_kg", "weight_lbs"), -500, 2000, (1.0, KILOGRAMS_IN_A_POUND))
        self.distance = Measured(("distance_km", "distance_miles"), 0, 10_000_000, (1000.0, METRES_IN_A_MILE))
        self.duration = Parser(whole("duration_seconds", 0, 864_000))
        self.rpe = Parser(half_steps("rpe", 1, 10))

    def is_numbered(self, row: list[str]) -> bool:
        """Whether the row's set_index says that it is not the first set of its exercise."""
        return self._index is not None and row[self._index].strip() not in ("", "0")

    @staticmethod
    def _refuse_other_files(header: list[str], names: list[str]) -> None:
        missing = [column for column in NEEDED if column not in names]
        if "weight_kg" not in names and "weight_lbs" not in names:
            missing.append("weight_kg or weight_lbs")
        if missing:
            found = shown(", ".join(names))
            hint = separated_otherwise(header[0]) if len(header) == 1 else ""
            raise FileError(
                f"This is not a Hevy export: columns missing: {', '.join(missing)}. The first line is {found}.{hint}"
            )
        if double := sorted(column for column, times in Counter(names).items() if column and times > 1):
            raise FileError(f"The first line names columns twice: {', '.join(double)}.")


def _set_index(text: str) -> int:
    """The number of a set in its exercise, from 0. A spreadsheet may write 2.0. What is no number counts as 0."""
    whole_part = text.strip().partition(".")[0]
    return int(whole_part) if whole_part.isdecimal() and len(whole_part) <= 4 else 0


def _notes(column: str, most: int) -> Callable[[str], str]:
    """A parser of notes, in which a line break is written as backslash and n."""
    parse_words = words(column, most)

    def parse(text: str) -> str:
        return parse_words(text.replace("\\n", "\n") if "\\" in text else text)

    return parse
