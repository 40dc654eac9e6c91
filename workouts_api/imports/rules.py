"""Local times: what instant an athlete's clock meant.

Files say when training was by the clock on the wall, which a clock change lets show an hour twice, or never.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal
from zoneinfo import ZoneInfo

from .refusals import LineError, shown

Clock = Literal["plain", "first", "second", "skipped"]
"""Whether a clock change was in the way: shown twice and taken the first or the second time, or never shown."""

EARLIEST = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)  # as the schema has it
LATEST = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
LONGEST = dt.timedelta(days=10)

# English whatever the locale is: strptime's %b would ask the locale.
_MONTHS = {
    month: number
    for number, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_WRITTEN = re.compile(
    r"(?P<day>\d{1,2}) (?P<month>[A-Za-z]{3,9})\.? (?P<year>\d{4}),? "
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(:(?P<second>\d\d))?",
    re.ASCII,
)
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(?P<offset>[Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


def read_clock(column: str, text: str) -> dt.datetime:
    """A date and time as files have it: ``15 Sep 2025, 07:48`` or ISO 8601; with an offset only if it has one.

    :raises LineError: if it is neither, or names no day of the calendar.
    """
    bare = text.strip()
    try:
        if match := _WRITTEN.fullmatch(bare):
            month = _MONTHS[match["month"][:3].lower()]
            day, hour, minute = int(match["day"]), int(match["hour"]), int(match["minute"])
            return dt.datetime(int(match["year"]), month, day, hour, minute, int(match["second"] or 0))  # noqa: DTZ001
        if _ISO.fullmatch(bare):
            return dt.datetime.fromisoformat(bare.upper())
    except (ValueError, KeyError):
        pass  # a month that is none, 31 June, 25:00: said below like all else
    raise LineError(f"{column} holds {shown(text)}: expected a time such as '15 Sep 2025, 07:48'.")


def to_instant(clock: dt.datetime, zone: ZoneInfo, *, second_time: bool = False) -> tuple[dt.datetime, Clock]:
    """The instant, in UTC, at which a clock in ``zone`` showed this, and whether a clock change was in the way.

    An hour that is shown twice is taken the first time, unless ``second_time``; one that is never shown is taken as
    if the clock had not been changed, which moves it forward by the gap.
    """
    if clock.tzinfo is not None:
        return clock.astimezone(dt.UTC), "plain"
    first, second = clock.replace(tzinfo=zone, fold=0), clock.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before is None or after is None or before == after:
        return first.astimezone(dt.UTC), "plain"
    if before < after:
        return first.astimezone(dt.UTC), "skipped"
    if second_time:
        return second.astimezone(dt.UTC), "second"
    return first.astimezone(dt.UTC), "first"


def to_stretch(
    start: dt.datetime, end: dt.datetime | None, zone: ZoneInfo
) -> tuple[dt.datetime, dt.datetime | None, Clock, Clock]:
    """The instants of a workout's start and end.

    :raises LineError: if it ends before it starts, lasts longer than ten days or lies in no sensible year.
    """
    try:
        started, start_clock = to_instant(start, zone)
        ended, end_clock = _end(started, end, zone)
    except OverflowError:  # year 1 or 9999, moved over the edge of the calendar
        started, start_clock, ended, end_clock = EARLIEST - LONGEST, "plain", None, "plain"
    if not EARLIEST <= started < LATEST:
        raise LineError(f"start_time lies in the year {start.year}: expected one from 1900 to 2199.")
    if ended is not None and ended < started:
        raise LineError("end_time lies before start_time.")
    if ended is not None and ended > started + LONGEST:
        raise LineError("end_time lies more than ten days after start_time.")
    return started, ended, start_clock, end_clock


def _end(started: dt.datetime, end: dt.datetime | None, zone: ZoneInfo) -> tuple[dt.datetime | None, Clock]:
    if end is None:
        return None, "plain"
    ended, clock = to_instant(end, zone)
    if ended < started and clock == "first":
        return to_instant(end, zone, second_time=True)
    return ended, clock
