"""Rules about several fields of a session: numbers, units, and its end. Pure functions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from marshmallow import ValidationError

from workouts_api.web.units import lb_to_kg, mi_to_m

HIGHEST_NUMBER = 1000


def number_rows(rows: list[dict[str, Any]], number: str) -> None:
    """Gives every row its ``number`` and its ``position``.

    A missing number is one more than the highest number so far. So rows without any numbers get the order of the list.
    A missing position is the row's place in the list.

    :raises ValidationError: by the row's place, when a number occurs twice or is too high.
    """
    given = [row[number] for row in rows if number in row]
    highest, seen, wrong = max(given, default=0), set[int](), {}
    for place, row in enumerate(rows):
        if number not in row:
            highest += 1
            row[number] = highest
        if row[number] in seen:
            wrong[place] = {number: [f"{row[number]} stands twice: expected a number of its own, or none."]}
        elif row[number] > HIGHEST_NUMBER:
            wrong[place] = {number: [f"Counting on from what is given exceeds {HIGHEST_NUMBER}: expected a number."]}
        seen.add(row[number])
        row.setdefault("position", place + 1)
    if wrong:
        raise ValidationError(wrong)


def finish_exercise(row: dict[str, Any]) -> None:
    """Fills in the fields that an exercise of a session may leave out."""
    row.setdefault("notes", "")
    row.setdefault("sets", [])


def finish_set(row: dict[str, Any]) -> None:
    """Converts a set's pounds and miles to kilograms and metres, and fills in the fields that may be left out.

    :raises ValidationError: when a quantity is given in both units, or is too small.
    """
    row.setdefault("kind", "normal")
    for other, name, convert in (("weight_lb", "weight_kg", lb_to_kg), ("distance_mi", "distance_m", mi_to_m)):
        if other not in row:
            continue
        value = row.pop(other)
        if value is None:  # null in one unit does not contradict the other unit
            row.setdefault(name, None)
            continue
        if row.get(name) is not None:
            raise ValidationError({other: [f"Expected {name} or {other}, not both."]})
        try:
            row[name] = convert(value)
        except ValueError as error:
            raise ValidationError({other: [f"Too small: {error} {name.rpartition('_')[2]}."]}) from error


def settle_end(session: dict[str, Any]) -> None:
    """Replaces ``duration_s`` by ``ended_at``.

    Both may be given, because a reply holds both. They must then agree in whole seconds.

    :raises ValidationError: when they do not agree, or the session ends before it starts.
    """
    started_at: datetime = session["started_at"]
    ended_at: datetime | None = session.get("ended_at")
    duration_s: int | None = session.pop("duration_s", None)
    if ended_at is None:
        session["ended_at"] = None if duration_s is None else started_at + timedelta(seconds=duration_s)
        return
    if ended_at < started_at:
        raise ValidationError({"ended_at": ["A session ends after it starts."]})
    whole = ended_at.replace(microsecond=0) - started_at.replace(microsecond=0)
    if duration_s is not None and whole != timedelta(seconds=duration_s):
        raise ValidationError({"duration_s": ["It contradicts ended_at: expected one of the two."]})
