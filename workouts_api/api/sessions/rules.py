"""Rules about several fields of a session: numbers, units, times, and its end. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError

from workouts_api.web.units import metric_name, to_metric

HIGHEST_NUMBER = 1000
SKEW = timedelta(seconds=120)
"""A device's clock that differs from the server's by more is corrected. Less may be the time of the request."""
_FIRST_DONE_AT = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(hours=24)
FOLLOWS_ITSELF = "A drop set names another set that it follows."


def broken_rules(fields: Mapping[str, Any], *rules: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """What rules about several fields say, by field. The fields stay as they are.

    :param fields: those that were sent; one that is wrong by itself is None, which breaks no rule.
    """
    found: dict[str, Any] = {}
    for rule in rules:
        try:
            rule(dict(fields))
        except ValidationError as error:
            found |= error.messages_dict
    return found


def number_rows(rows: list[dict[str, Any]], number: str) -> None:
    """Gives every row its ``number`` and its ``position``.

    A missing number is one more than the highest number so far. So rows without any numbers get the order of the list.
    The row is marked as ``counts_on``: where it replaces stored rows, numbered_session() gives it a number that none of
    them had. A missing position is the row's place in the list.

    :raises ValidationError: by the row's place, when a number occurs twice or is too high, or a set follows itself.
    """
    given = [row[number] for row in rows if number in row]
    highest, seen, wrong = max(given, default=0), set[int](), {}
    for place, row in enumerate(rows):
        if number not in row:
            highest += 1
            row[number] = highest
            row["counts_on"] = True
        if row[number] in seen:
            wrong[place] = {number: [stands_twice(row[number])]}
        elif row[number] > HIGHEST_NUMBER:
            wrong[place] = {number: [f"Counting on from what is given exceeds {HIGHEST_NUMBER}: expected a number."]}
        elif row.get("drop_of") == row[number]:
            wrong[place] = {"drop_of": [FOLLOWS_ITSELF]}
        seen.add(row[number])
        row.setdefault("position", place + 1)
    if wrong:
        raise ValidationError(wrong)


def stands_twice(number: int) -> str:
    return f"{number} stands twice: expected a number of its own, or none."


def finish_exercise(row: dict[str, Any]) -> None:
    """Fills in the fields that an exercise of a session may leave out."""
    row.setdefault("notes", "")
    row.setdefault("sets", [])


def finish_set(row: dict[str, Any]) -> None:
    """Converts a set's pounds and miles to kilograms and metres, and fills in the fields that may be left out.

    :raises ValidationError: when a quantity is given in both units or is too small, or when fields contradict another.
    """
    row.setdefault("kind", "normal")
    row.setdefault("is_done", True)
    wrong: dict[str, Any] = {}
    if row.get("drop_of") is not None and row["kind"] not in ("dropset", None):
        wrong["drop_of"] = ["Only a dropset follows another set."]
    if row.get("done_at") is not None and row["is_done"] is False:
        wrong["done_at"] = ["A set that is not done has no time: expected null, or is_done true."]
    if wrong:
        raise ValidationError({**broken_rules(row, in_metric_units), **wrong})
    in_metric_units(row)


def in_metric_units(row: dict[str, Any]) -> None:
    """Replaces each field in imperial units, such as ``weight_lb``, by the field that it stands in place of.

    :raises ValidationError: when a quantity is given in both units or is too small.
    """
    wrong: dict[str, Any] = {}
    for other, name in [(other, name) for other in row if (name := metric_name(other))]:
        value = row.pop(other)
        if value is None:  # null in one unit does not contradict the other unit
            row.setdefault(name, None)
        elif row.get(name) is not None:
            wrong[other] = [f"Expected {name} or {other}, not both."]
        else:
            try:
                row[name] = to_metric(name, value)
            except ValueError as error:
                wrong[other] = [f"Too small: {error} {name.rpartition('_')[2]}."]
    if wrong:
        raise ValidationError(wrong)


def finish_stored_set(row: dict[str, Any]) -> None:
    """The same for a set of a whole session, whose time is by the server's clock.

    :raises ValidationError: also when it was done before 2000 or more than a day from now.
    """
    try:
        finish_set(row)
    except ValidationError as error:
        raise ValidationError({**broken_rules(row, _settle_stored), **error.messages_dict}) from error
    _settle_stored(row)


def _settle_stored(row: dict[str, Any]) -> None:
    settle_done_at(row, None)


def settle_done_at(row: dict[str, Any], sent_at: datetime | None) -> None:
    """Corrects ``done_at`` by the skew of the device's clock, which ``sent_at`` shows, and keeps what the device said.

    :raises ValidationError: when it was done before 2000 or more than a day from now.
    """
    if row.get("done_at") is None:
        return
    now = datetime.now(UTC)
    said: datetime = row["done_at"]
    done_at = said
    if sent_at is not None and abs(now - sent_at) > SKEW:
        row["device_done_at"] = said
        try:
            done_at = said + (now - sent_at)
        except OverflowError as error:
            raise ValidationError({"sent_at": ["Expected the time at which the request is sent."]}) from error
    if not _FIRST_DONE_AT <= done_at <= now + _AHEAD:
        raise ValidationError({"done_at": ["Expected a time from 2000 to a day from now."]})
    row["done_at"] = done_at.replace(microsecond=0)


def settle_end(session: dict[str, Any]) -> None:
    """Replaces ``duration_s`` by ``ended_at``.

    Both may be given, because a reply holds both. They must then agree in whole seconds.

    :raises ValidationError: when they do not agree, or the session ends before it starts.
    """
    started_at: datetime | None = session["started_at"]
    ended_at: datetime | None = session.get("ended_at")
    duration_s: int | None = session.pop("duration_s", None)
    if started_at is None:  # it is wrong by itself
        return
    if ended_at is None:
        session["ended_at"] = None if duration_s is None else started_at + timedelta(seconds=duration_s)
        return
    if ended_at < started_at:
        raise ValidationError({"ended_at": ["A session ends after it starts."]})
    whole = ended_at.replace(microsecond=0) - started_at.replace(microsecond=0)
    if duration_s is not None and whole != timedelta(seconds=duration_s):
        raise ValidationError({"duration_s": ["It contradicts ended_at: expected one of the two."]})


def one_end(patch: dict[str, Any]) -> None:
    """Whether a patch says in one way at most when the session ended.

    :raises ValidationError: when it says so in two, or the session would end before it starts.
    """
    started_at, ended_at = patch.get("started_at"), patch.get("ended_at")
    if ended_at is not None and patch.get("duration_s") is not None:
        raise ValidationError({"duration_s": ["Expected ended_at or duration_s, not both."]})
    if started_at and ended_at and ended_at < started_at:
        raise ValidationError({"ended_at": ["A session ends after it starts."]})
