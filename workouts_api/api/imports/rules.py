"""Local times: how files write them, and which instant they mean.

Files give times of the athlete's local clock. When a clock change occurs, that clock shows one hour twice, or never.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal
from zoneinfo import ZoneInfo

from .months import folded, month_of
from .refusals import LineError, shown

Clock = Literal["plain", "first", "second", "skipped", "skipped with its end"]
"""Whether a clock change was in the way: shown twice and taken the first or the second time, or never shown."""

EARLIEST = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)  # as in the schema
LATEST = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
LONGEST = dt.timedelta(days=10)

MAX_LENGTH = 80  # characters of a time; checked before anything else

_TIME = (
    r"(?:(?P<before>午前|午後|上午|下午|오전|오후) ?)?"
    r"(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2}))?"
    r"(?: ?(?P<after>[ap])\.? ?m\.?)?"
)
_MONTH = r"(?P<month>[^\W\d_]+|[0-9]{1,2} ?[月월])\.?"
_DAY, _YEAR = r"(?P<day>[0-9]{1,2})", r"(?P<year>[0-9]{4})"
_AT = r"(?: (?:at|um|à|às|a las|alle|om|kl\.?|klo|o|в|о|saat))?"
_FORMS = tuple(
    re.compile(form + _AT + " " + _TIME)
    for form in (
        rf"{_DAY}\.? (?:de |d['’])?{_MONTH} (?:de |del )?{_YEAR}(?: ?[гр]\.)?,?",  # 15 Sep 2025, 07:48
        rf"{_MONTH} {_DAY}(?:st|nd|rd|th)?,? {_YEAR},?",  # Sep 15, 2025, 7:48 AM
        rf"{_YEAR}\. {_MONTH} {_DAY}\.,?",  # 2025. szept. 15. 7:48
        rf"{_YEAR} ?[年년] ?(?P<month>[0-9]{{1,2}} ?[月월]) ?{_DAY} ?[日일],?",  # 2025年9月15日 07:48
    )
)
_AFTERNOON = {"午前": "a", "上午": "a", "오전": "a", "午後": "p", "下午": "p", "오후": "p"}
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[t ]([01]?[0-9]|2[0-3])"
    r"(:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:z|[+-][0-9]{2}:?[0-5][0-9])?)"
)


def read_clock(column: str, text: str) -> dt.datetime:
    """Reads a date and time as files write it. The result has an offset only if the text has one.

    Takes ``15 Sep 2025, 07:48`` with the month in any of the languages of ``months``, ``Sep 15, 2025, 7:48 AM``, the
    orders of Chinese, Japanese, Korean and Hungarian, and ISO 8601. A month as a number is taken only in ISO 8601,
    because 06/01/2026 can mean two days.

    :raises LineError: if the text has none of these forms, or names a day that does not exist.
    """
    if len(text) <= MAX_LENGTH:
        bare = folded(text)
        try:
            for form in _FORMS:
                if written := form.fullmatch(bare):
                    return _written(written)
            if iso := _ISO.fullmatch(bare):
                return dt.datetime.fromisoformat(f"{iso[1]}T{iso[2]:>02}{iso[3].upper()}")
        except (ValueError, KeyError):
            pass  # an unknown month, 31 June, 25:00: the error below covers all
    raise LineError(f"{column} holds {shown(text)}: expected a time such as '15 Sep 2025, 07:48'.")


def _written(written: re.Match[str]) -> dt.datetime:
    hour = int(written["hour"])
    if half := _AFTERNOON.get(written["before"], written["after"]):
        if not 1 <= hour <= 12:
            raise ValueError(f"{hour} o'clock is on no clock of twelve hours.")
        hour = hour % 12 + (12 if half == "p" else 0)
    day = (int(written["year"]), month_of(written["month"]), int(written["day"]))
    return dt.datetime(*day, hour, int(written["minute"]), int(written["second"] or 0))  # noqa: DTZ001 – local


def to_instant(clock: dt.datetime, zone: ZoneInfo, *, second_time: bool = False) -> tuple[dt.datetime, Clock]:
    """The instant, in UTC, at which a clock in ``zone`` showed this, and whether a clock change made it ambiguous.

    If the clock shows the hour twice, the first time is taken, unless ``second_time``. If the clock never shows the
    hour, the time is read as if the clock had not been changed, so it moves forward by the gap.
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

    :raises LineError: if it ends before it starts, lasts longer than ten days, or its year is out of range.
    """
    ended: dt.datetime | None = None
    end_clock: Clock = "plain"
    try:
        started, start_clock = to_instant(start, zone)
        if start_clock == "skipped" and end is not None and end.tzinfo is None:
            # The clock that showed the start had not been set forward, and at the end it still had not. So both move.
            ended, start_clock = started + (end - start), "skipped with its end"
        else:
            ended, end_clock = _end(started, end, zone)
    except OverflowError:  # the zone's offset moves it before year 1 or after 9999
        started, start_clock = EARLIEST - LONGEST, "plain"
    if not EARLIEST <= started < LATEST:
        raise LineError("start_time lies outside the years 1900 to 2199, in UTC.")
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
