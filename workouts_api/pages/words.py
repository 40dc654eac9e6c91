"""How pages write numbers, days and codes. A number is written as the API replies it, with its exact value beside it.

What is unknown is a word, never 0 and never blank.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NARROW, _MINUS = "\u202f", "−"
UNKNOWN = Markup('<span class="unknown">unknown</span>')

REASONS = {
    "no_history": "no training before",
    "not_seen": "you see too little of the time before",
    "too_short": "the history is too short",
    "unknown_load": "too many sessions without a rating or an end",
    "no_training": "no training in these days",
    "no_variation": "all these days are equal",
    "too_few_values": "too few values before",
}
_MEASURED_REASONS = {**REASONS, "unknown_load": "too many sessions without what the method needs"}
_RECORD_KINDS = {
    "heaviest": "heaviest",
    "heaviest_weight": "heaviest",
    "e1rm": "estimated 1RM",
    "set_volume": "volume of a set",
    "session_volume": "volume of a session",
    "most_reps": "most repetitions, at any load",
    "longest": "longest",
    "farthest": "farthest",
}
_MUSCLES = {
    "chest_upper": "upper chest",
    "chest_mid": "mid chest",
    "delt_front": "front delts",
    "delt_side": "side delts",
    "delt_rear": "rear delts",
}
_DAY_KINDS = {
    "weight": "Bodyweight",
    "max_heart_rate": "Highest heart rate",
    "ftp": "Functional threshold power (FTP)",
    "resting_hr": "Resting heart rate",
    "hrv_rmssd": "Heart rate variability (rMSSD)",
    "hrv_sdnn": "Heart rate variability (SDNN)",
}
_DAY_UNITS = ("kg", "lb", "cm", "in", "pct", "bpm", "ms", "min", "w", "s_per_km", "s_per_mi")
_MEASURES = {
    "trimp": "heart rate: TRIMP (Banister)",
    "edwards": "heart rate of laps: zones (Edwards)",
    "hrtss": "heart rate: hrTSS",
    "rtss": "graded pace of runs: rTSS",
    "power_tss": "power of rides: TSS",
}
_MEASURE_UNITS = {"trimp": "TRIMP", "edwards": "Edwards points", "hrtss": "hrTSS", "rtss": "rTSS", "power_tss": "TSS"}
_MISSING = {
    "no_duration": "no duration",
    "no_heart_rate": "no heart rate",
    "no_laps": "no laps",
    "short_laps": "laps of less than 80 % of the time",
    "long_laps": "laps that stand twice",
    "no_distance": "no distance",
    "no_ascent": "no ascent or descent",
    "no_power": "no normalized power",
    "unknown_sport": "the sport is not said",
    "unknown_sex": "TRIMP has constants for women and for men alone, and the athlete is not known to be either",
    "unknown_resting_heart_rate": "no resting heart rate among the days",
    "unknown_max_heart_rate": "no highest heart rate among the days",
    "unknown_threshold_heart_rate": "no threshold heart rate among the days",
    "unknown_threshold_pace": "no threshold pace among the days",
    "unknown_ftp": "no FTP among the days",
    "out_of_range": "a heart rate, speed or power that cannot be",
    "too_short": "under 20 minutes",
    "too_steep": "steeper than 45 %",
}
_DOUBTS = {
    "two_devices": "may be recorded twice",
    "double": "may be recorded twice",
    "overlap": "lies in another session",
    "long_session": "may not have been ended",
}
_UNITS = {"pct": "%", "reps": "reps", "w": "W"}
_AVAILABILITY = ("could not train", "modified training", "full training")


def label(kind: str, code: Any) -> str:
    """The words for a code of the API. A code that is not known here is written with blanks."""
    known: Mapping[str, str] = _LABELS[kind]
    spelled = str(code).replace("_", " ")
    return known.get(str(code), spelled)


def sentence(words: str) -> str:
    """The words as they begin a sentence: Estimated 1RM."""
    return words[:1].upper() + words[1:]


def day_kind(code: str) -> str:
    """The name of a kind of day value, without its unit: Left thigh, Hooper: sleep."""
    name, _ = _parted(code)
    spelled = name.replace("_", " ").capitalize().replace("Hooper ", "Hooper: ").replace("Mclean ", "McLean: ")
    return _DAY_KINDS.get(name, spelled)


def _parted(code: str) -> tuple[str, str]:
    """The name and the unit of a kind of day value; a kind without a unit has an empty one."""
    unit = next((unit for unit in _DAY_UNITS if code.endswith(f"_{unit}")), "")
    return code.removesuffix(f"_{unit}"), unit


def day_groups(values: Mapping[str, float]) -> list[tuple[str, list[tuple[str, Markup]]]]:
    """The values of a day with their names: those of a questionnaire together, behind its name; others come first."""
    found: dict[str, list[tuple[str, Markup]]] = {"": []}
    for code in sorted(values):
        group, _, name = day_kind(code).rpartition(": ")
        said = "" if code == "availability" else name
        found.setdefault(group, []).append((said, day_value(values[code], code)))
    return [(group, all_of_it) for group, all_of_it in found.items() if all_of_it]


def day_value(value: float | None, code: str) -> Markup:
    """A value of a day in the unit that its code names."""
    if value is None:
        return UNKNOWN
    if code == "availability":
        return Markup('<data value="{}">{}</data>').format(_exact(value), _AVAILABILITY[int(value)])
    _, unit = _parted(code)
    if unit.startswith("s_per_"):
        return pace(value, unit.removeprefix("s_per_"))
    return minutes(value) if unit == "min" else number(value, _UNITS.get(unit, unit))


def metric_kind(code: str) -> str:
    """The kind of day value of which this is the name in imperial units."""
    return code.replace("_s_per_mi", "_s_per_km")


def in_unit(value: float | None, unit: str) -> Markup:
    """A value whose unit stands in the head of its column; a pace as minutes and seconds, minutes with their hours."""
    if unit == "min":
        return minutes(value)
    return pace(value) if unit.startswith("s/") else number(value)


_LABELS: dict[str, Mapping[str, str]] = {
    "reason": REASONS,
    "measured_reason": _MEASURED_REASONS,
    "record": _RECORD_KINDS,
    "muscle": _MUSCLES,
    "unit": _UNITS,
    "measure": _MEASURES,
    "measure_unit": _MEASURE_UNITS,
    "missing": _MISSING,
    "doubt": _DOUBTS,
}


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────


def written(value: float) -> str:
    """A number with all its digits, in groups of three: 12 420.5."""
    text = f"{value:,.10f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return text.replace(",", _NARROW).replace("-", _MINUS)


def number(value: float | None, unit: str = "", sign: bool = False) -> Markup:
    """A number as the API says it; machines read it from the element's value.

    :param unit: what stands behind it. :param sign: whether a plus stands before what is above 0.
    """
    if value is None:
        return UNKNOWN
    plus = "+" if sign and value > 0 else ""
    behind = f"\u00a0{unit}" if unit else ""
    return Markup('<data value="{}">{}{}{}</data>').format(_exact(value), plus, written(value), behind)


def tenth(value: float | None, unit: str) -> Markup:
    """A sum of many loads to a tenth, as the report has its totals; machines read the API's number."""
    if value is None:
        return UNKNOWN
    return Markup('<data value="{}">{}\u00a0{}</data>').format(_exact(value), written(round(value, 1)), unit)


def share(value: float | None) -> Markup:
    """A part of 1 in percent: 0.286 is 28.6 %."""
    if value is None:
        return UNKNOWN
    return Markup('<data value="{}">{}\u00a0%</data>').format(_exact(value), written(round(value * 100, 6)))


def minutes(value: float | None) -> Markup:
    """Minutes, and hours from 60 on; to a tenth of a minute, as the API has them."""
    if value is None:
        return UNKNOWN
    hours, rest = divmod(round(value, 1), 60)  # first rounded: no hour has 60 minutes
    text = f"{written(int(hours))}\u00a0h {written(round(rest, 1))}\u00a0min" if hours else f"{written(value)}\u00a0min"
    return Markup('<data value="{}">{}</data>').format(_exact(value), text)


def seconds(value: float | None) -> Markup:
    """Seconds as minutes and seconds, 1:05."""
    return UNKNOWN if value is None else Markup('<data value="{}">{}</data>').format(_exact(value), clock(value))


def pace(value: float | None, per: str = "") -> Markup:
    """Seconds of a kilometre or a mile, as runners write them, to a tenth of a second: 4:15 /km."""
    if value is None:
        return UNKNOWN
    behind = f"\u00a0/{per}" if per else ""
    return Markup('<data value="{}">{}{}</data>').format(_exact(value), clock(round(value, 1)), behind)


def clock(value: float) -> str:
    """Sixtieths of a unit as clocks show them: seconds as 1:05 or 1:02:05, minutes as 7:25."""
    if value < 0:
        return f"{_MINUS}{clock(-value)}"
    value = round(value, 2)
    hours, rest = divmod(value, 3600)
    whole = f"{int(rest // 60):02d}" if hours else f"{int(rest // 60)}"
    left = round(rest % 60, 2)
    return f"{f'{int(hours)}:' if hours else ''}{whole}:{'0' if left < 10 else ''}{written(left)}"


def distance(value: float | None, unit: str) -> Markup:
    """A distance in miles, or in kilometres from one on, to a hundredth; machines read the API's number."""
    if value is None:
        return UNKNOWN
    far, unit = (value / 1000, "km") if unit == "m" and value >= 1000 else (value, unit)
    return Markup('<data value="{}">{}\u00a0{}</data>').format(_exact(value), written(round(far, 2)), unit)


def _exact(value: float) -> str:
    return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)


# ── days ────────────────────────────────────────────────────────────────────────────────────────────────────


def as_day(value: dt.date | str) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)


def short_day(value: dt.date | str, *, year: bool = False, day: bool = True) -> str:
    """5 Jan, 5 Jan 2026, or Jan 2026: the same in every browser's language."""
    found = as_day(value)
    first = f"{found.day} " if day else ""
    return f"{first}{_MONTHS[found.month - 1]}{f' {found.year}' if year else ''}"


def day(value: dt.date | str | None) -> Markup:
    """A day of the athlete's calendar."""
    if value is None:
        return UNKNOWN
    text = short_day(value, year=True).replace(" ", "\u00a0")
    return Markup('<time datetime="{}">{}</time>').format(as_day(value).isoformat(), text)


def time_of_day(instant: str, zone: str) -> str:
    """18:30, in the zone of the session; in UTC where this host does not know the zone."""
    found = dt.datetime.fromisoformat(instant)
    try:
        return f"{found.astimezone(ZoneInfo(zone)):%H:%M}"
    except (KeyError, ValueError, OSError):
        return f"{found:%H:%M} UTC"


def spans(last: str) -> list[tuple[str, str]]:
    """Usual periods that end on a day: what they are called, and their first day."""
    lengths = (("4 weeks", 28), ("12 weeks", 84), ("a year", 364))
    return [(said, (as_day(last) - dt.timedelta(days=days - 1)).isoformat()) for said, days in lengths]


def titled(title: str) -> str:
    """A session's title, or words in place of one of which nothing can be seen."""
    return title if any(unicodedata.category(sign)[0] not in "CZ" for sign in title) else "Without a title"


def weekday(number: int) -> str:
    """The name of an ISO weekday."""
    return _WEEKDAYS[number - 1]


FILTERS: dict[str, Callable[..., Any]] = {
    "number": number,
    "share": share,
    "minutes": minutes,
    "seconds": seconds,
    "day": day,
    "distance": distance,
    "day_groups": day_groups,
    "day_kind": day_kind,
    "day_value": day_value,
    "in_unit": in_unit,
    "metric_kind": metric_kind,
    "sentence": sentence,
    "short_day": short_day,
    "time_of_day": time_of_day,
    "titled": titled,
    "weekday": weekday,
    "tenth": tenth,
    "written": written,
}
