"""What a page shows of the API's replies: charts and rows. Pure functions; they compute no figure of their own."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from workouts_api.pages.charts import TALL, Chart, Figures, bar_chart, line_chart
from workouts_api.pages.words import day_kind, label

Reply = Mapping[str, Any]

LOAD_UNIT = "AU"
"""Arbitrary units: session RPE × minutes has no other."""
_MOST_HARD_SET_DAYS = 371  # what the API reports at a time
_WEIGHING_DAYS = 126  # after which a day has 5 % of its weight in an average over 42 days
_MOST_DAYS_SAID = 5


def unit_of(name: str, reply: Reply) -> tuple[str, str]:
    """The unit in which a reply has a figure, and the figure's full name: ("lb", "volume_lb") for volume."""
    return next((unit, f"{name}_{unit}") for unit in ("kg", "lb", "m", "mi") if f"{name}_{unit}" in reply)


def hard_sets_from(period: Reply) -> str:
    """The day from which on a report tells of hard sets: its first, or that of its last 371 days."""
    first, last = (dt.date.fromisoformat(period[name]) for name in ("from", "to"))
    return max(first, last - dt.timedelta(days=_MOST_HARD_SET_DAYS - 1)).isoformat()


def doubts_from(period: Reply) -> str:
    """The day from which on doubtful sessions change the figures of a period: its averages reach back."""
    return (dt.date.fromisoformat(period["from"]) - dt.timedelta(days=_WEIGHING_DAYS)).isoformat()


_TWICE = ("two_devices", "double", "overlap")


def doubts_view(doubts: Sequence[Reply], period: Reply, *, has_more: bool) -> dict[str, Any]:
    """What counts although it is doubtful: sessions that may be there twice, that nobody may have ended, and sets.

    Ratings that contradict each other are not among them: their sets count and set records like others.
    """
    inside = [one for one in doubts if one["local_on"] >= period["from"]]
    of_session = {one["session_id"]: one["rule"] for one in doubts if one["exercise_no"] is None}
    twice = sorted(one["local_on"] for one in inside if one["rule"] in _TWICE)
    return {
        "at_least": "At least " if has_more else "",
        "twice": len(twice),
        "twice_on": list(dict.fromkeys(reversed(twice)))[:_MOST_DAYS_SAID],
        "twice_before": sum(one["rule"] in _TWICE for one in doubts if one["local_on"] < period["from"]),
        "endless": sum(one["rule"] == "long_session" for one in inside),
        "sets": sum(one["exercise_no"] is not None and one["rule"] != "ratings_differ" for one in inside),
        "of_session": {number: rule for number, rule in of_session.items() if rule in (*_TWICE, "long_session")},
    }


# ── the report ──────────────────────────────────────────────────────────────────────────────────────────────


def report_view(report: Reply, load: Reply, hard_sets: Reply) -> dict[str, Any]:
    """Charts of a period, and the rows of their tables."""
    period, by = report["period"], report["period"]["bucket"]
    unit, volume = unit_of("volume", report["totals"])
    seen = seen_buckets(report["buckets"]["starts_on"], period["to"], load["seen_from"])
    buckets = seen_rows(report["buckets"], seen)
    starts = report["buckets"]["starts_on"]
    return {
        "unit": unit,
        "volume": volume,
        "buckets": buckets,
        "partial": partial_buckets(starts, period, by, load["seen_from"]),
        **load_view(load, LOAD_UNIT),
        "volume_chart": bar_chart(
            "volume", f"Volume by {by}", unit, starts, ("volume", _column(buckets, volume)), by=by
        ),
        **hard_sets_view(hard_sets),
        "lifts": [_lift(number, lift, starts, by) for number, lift in enumerate(report["main_lifts"])],
        "totals": _honest_totals(report["totals"]),
    }


def load_view(load: Reply, unit: str) -> dict[str, Any]:
    """Charts of a load by bucket, and the rows of their table: of ratings, or of a measure."""
    columns, by = load["buckets"], load["period"]["bucket"]
    starts = columns["starts_on"]
    rows_ = seen_rows(columns, seen_buckets(starts, load["period"]["to"], load["seen_from"]))
    for row in rows_:
        row["known_load"] = _known_load(row)
    estimated = columns.get("estimated_load")
    return {
        "load_rows": rows_,
        "load_chart": bar_chart(
            "load",
            f"Training load by {by}",
            unit,
            starts,
            ("load", _column(rows_, "known_load")),
            part=("of it estimated", estimated) if estimated else None,
            marks=[count > 0 for count in columns["sessions_unknown"]],
            by=by,
        ),
        "fitness_chart": line_chart(
            "fitness",
            f"Fitness and fatigue on the last day of each {by}",
            f"{unit} a day",
            starts,
            [("fitness, 42 days", columns["fitness"]), ("fatigue, 7 days", columns["fatigue"])],
            by=by,
            height=TALL,
        ),
        "warming_up": bool(columns["warming_up"] and columns["warming_up"][-1]),
    }


_SETTINGS = {
    "trimp": ("sex", "resting_hr_bpm", "max_heart_rate_bpm"),
    "edwards": ("max_heart_rate_bpm",),
    "hrtss": ("sex", "resting_hr_bpm", "max_heart_rate_bpm", "threshold_heart_rate_bpm"),
    "rtss": ("threshold_pace_s_per_km", "threshold_pace_s_per_mi"),
    "power_tss": ("ftp_w",),
}


def measured_view(load: Reply) -> dict[str, Any]:
    """Charts and rows of a measured load, and what is known of the athlete that the measure needs."""
    period, inputs = load["period"], load["inputs"]
    starts, by = load["buckets"]["starts_on"], period["bucket"]
    unit = label("measure_unit", inputs["method"])
    needed = [code for code in _SETTINGS[inputs["method"]] if code in inputs["settings"]]
    return {
        "unit": unit,
        "partial": partial_buckets(starts, period, by, load["seen_from"]),
        "settings": [(code, "Sex" if code == "sex" else day_kind(code), inputs["settings"][code]) for code in needed],
        **load_view(load, unit),
    }


def partial_buckets(
    starts: Sequence[str], period: Reply, by: str, seen_from: str | None = None
) -> list[tuple[str, int, int]]:
    """The buckets that are seen in part: when they begin, their seen days in the period, and their days in all.

    Those of which no day is seen are told otherwise.
    """
    first, last = (dt.date.fromisoformat(day) for day in (max(period["from"], seen_from or ""), period["to"]))
    found = []
    for start in map(dt.date.fromisoformat, starts):
        days = 1 if by == "day" else 7 if by == "week" else calendar.monthrange(start.year, start.month)[1]
        end = start + dt.timedelta(days=days - 1)
        inside = (min(end, last) - max(start, first)).days + 1
        if 0 < inside < days:
            found.append((start.isoformat(), inside, days))
    return found


def seen_buckets(starts: Sequence[str], last: str, seen_from: str | None) -> list[bool]:
    """Which buckets have days that the viewer sees. The API counts days that are not seen as days without training."""
    ends = [*starts[1:], (dt.date.fromisoformat(last) + dt.timedelta(days=1)).isoformat()]
    return [seen_from is None or end > seen_from for end in ends]


def seen_rows(columns: Reply, seen: Sequence[bool]) -> list[dict[str, Any]]:
    """The buckets as rows; of those that are not seen, all but the day is unknown."""
    return [
        {**(row if is_seen else dict.fromkeys(row)), "starts_on": row["starts_on"], "is_seen": is_seen}
        for row, is_seen in zip(rows(columns), seen, strict=True)
    ]


def _column(found: Sequence[Reply], name: str) -> list[Any]:
    return [row[name] for row in found]


def _honest_totals(totals: Reply) -> dict[str, Any]:
    """The totals; a sum to which no session could add anything known is unknown."""
    without_end, without_rating = totals["sessions_without_duration"], totals["sessions_without_rpe"]
    found = dict(totals)
    if not totals["duration_min"] and without_end:
        found["duration_min"] = None
    if not totals["session_load"] and (without_end or without_rating):
        found["session_load"] = None
    return found


def _known_load(row: Reply) -> float | None:
    """The load of a bucket; unknown where no session of it has a known one."""
    if row["sessions_unknown"] and row["sessions_unknown"] == row["sessions"]:
        return None
    load: float | None = row["session_load"]
    return load


def hard_sets_view(hard_sets: Reply) -> dict[str, Any]:
    """A small chart for each group of muscles, all of one scale, and the rows of the weeks."""
    starts, groups = hard_sets["weeks"]["starts_on"], hard_sets["groups"]
    seen = seen_buckets(starts, hard_sets["period"]["to"], hard_sets["seen_from"])
    top = max((max(group["sets"], default=0) for group in groups.values()), default=0)
    return {
        "weeks": seen_rows(hard_sets["weeks"], seen),
        "partial_weeks": partial_buckets(starts, hard_sets["period"], "week", hard_sets["seen_from"]),
        "groups": [
            {**group, "name": name, "chart": _group_chart(f"group-{n}", name, starts, group["sets"], seen, top)}
            for n, (name, group) in enumerate(sorted(groups.items()))
        ],
    }


def _group_chart(
    place: str, name: str, starts: Sequence[str], sets: Sequence[float], seen: Sequence[bool], top: float
) -> Chart | None:
    known = [value if is_seen else None for value, is_seen in zip(sets, seen, strict=True)]
    return bar_chart(place, f"Hard sets by week: {name}", "sets", starts, ("", known), top=top)


def _lift(number: int, lift: Reply, starts: Sequence[str], by: str) -> dict[str, Any]:
    unit, name = unit_of("e1rm", lift)
    title = "Estimated one-repetition maximum"
    return {
        **lift,
        "unit": unit,
        "values": lift[name],
        "chart": line_chart(f"lift-{number}", title, unit, starts, [("e1RM", lift[name])], by=by),
    }


# ── an exercise ─────────────────────────────────────────────────────────────────────────────────────────────


def exercise_view(report: Reply) -> dict[str, Any]:
    """The charts of what the exercise tracks, and the rows of its tables."""
    history, maxima = report["history"], report["rep_maxima"]
    unit, e1rm = unit_of("e1rm", history)
    far_unit, farthest = unit_of("farthest", history)
    load = unit_of("load", maxima[0])[1] if maxima else ""
    charts = _exercise_charts(history, unit, e1rm, unit_of("heaviest", history)[1], far_unit, farthest)
    return {
        "unit": unit,
        "e1rm": e1rm,
        "heaviest": f"heaviest_{unit}",
        "volume": f"volume_{unit}",
        "far_unit": far_unit,
        "farthest": farthest,
        "has_load": "weight" in report["exercise"]["tracking"],
        "shown": {name for name, values in history.items() if any(value is not None for value in values)},
        "charts": charts,
        "history": rows(history)[::-1],
        "rep_maxima": [{**one, "load": one[load]} for one in maxima] if any(one[load] for one in maxima) else [],
        "records": [record_view(record) for record in report["records"][::-1]],
    }


def _exercise_charts(
    history: Reply, unit: str, e1rm: str, heaviest: str, far_unit: str, farthest: str
) -> list[tuple[Chart, str]]:
    """What is known, each with its caption; where nothing else is, the repetitions."""
    days = history["local_on"]

    def drawn(place: str, said: str, in_unit: str, *lines: tuple[str, Figures]) -> list[tuple[Chart, str]]:
        chart = line_chart(place, said, in_unit, days, lines, in_time=True, joins=True)
        return [] if chart is None else [(chart, said)]

    found = drawn(
        "load",
        "Estimated one-repetition maximum and heaviest weight, by day"
        if any(value is not None for value in history[e1rm])
        else "Heaviest weight, by day",
        unit,
        ("estimated maximum", history[e1rm]),
        ("heaviest weight", history[heaviest]),
    )
    found += drawn("longest", "The longest time, by day", "seconds", ("", history["longest_s"]))
    found += drawn("farthest", "The longest distance, by day", far_unit, ("", history[farthest]))
    return found or drawn("most", "The most repetitions of a set, by day", "repetitions", ("", history["most_reps"]))


def record_view(record: Reply) -> dict[str, Any]:
    """A record with its value in its unit, wherever the reply has it."""
    weight = next(unit for unit in ("kg", "lb") if f"value_{unit}" in record)
    is_weight = record[f"value_{weight}"] is not None
    return {
        **record,
        "value": record[f"value_{weight}"] if is_weight else record["value"],
        "beats": record[f"beats_{weight}"] if is_weight else record["beats"],
        "unit": weight if is_weight else record["unit"],
        "at_weight": record[f"at_weight_{weight}"],
        "weight_unit": weight,
    }


# ── days ────────────────────────────────────────────────────────────────────────────────────────────────────


def trend_view(trend: Reply, name: str) -> dict[str, Any]:
    """The trend as a line, its values as points. Days without a value are between them, where the calendar has them."""
    days, unit = trend["days"], trend["kind"]["unit"]
    chart = line_chart(
        "trend",
        f"{name}: mean of 7 days",
        unit,
        days["local_on"],
        [("mean of 7 days", days["mean_7"])],
        dots=("value of the day", days["value"]),
        in_time=True,
    )
    return {"chart": chart, "name": name, "days": rows(days)[::-1]}


_SUMS = {"hooper_index": ("Hooper index", "4 best … 28 worst"), "mclean_total": ("McLean total", "5 worst … 25 best")}


def known_sums(days: Sequence[Reply]) -> dict[str, tuple[str, str]]:
    """The sums of questionnaires that are in use: those of which a day has an item."""
    used = {code.partition("_")[0] for day in days for code in day["values"]}
    return {name: heads for name, heads in _SUMS.items() if name.partition("_")[0] in used}


def rows(columns: Reply) -> list[dict[str, Any]]:
    """Columns, as the API has them, as rows. A column that was not asked for is null and left out."""
    there = {name: values for name, values in columns.items() if values is not None}
    return [dict(zip(there, row, strict=True)) for row in zip(*there.values(), strict=True)]
