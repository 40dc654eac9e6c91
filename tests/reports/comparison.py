"""Compares a report with the naive one: numbers within the rounding that is documented, everything else exactly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

DIGITS = {
    "volume_kg": 1,
    "no_muscle_volume_kg": 1,
    "muscle_volume_kg": 1,
    "duration_min": 1,
    "session_load": 1,
    "strain": 1,
    "e1rm_kg": 2,
    "value_kg": 2,
    "beats_kg": 2,
    "gain_kg": 2,
    "ctl": 2,
    "atl": 2,
    "tsb": 2,
    "monotony": 3,
    "acwr": 3,
    "acwr_uncoupled": 3,
    "acwr_ewma": 3,
}
PARTS = ("totals", "buckets", "muscle_volume_kg", "main_lifts", "records")


def differences(report: Mapping[str, Any], naive: Mapping[str, Any]) -> list[str]:
    """What differs, as lines that say where."""
    ours = {part: report[part] for part in PARTS}
    ours["main_lifts"] = [{k: v for k, v in lift.items() if k != "exercise"} for lift in report["main_lifts"]]
    ours["records"] = _in_order([{k: v for k, v in r.items() if k != "exercise"} for r in report["records"]])
    return _compare("report", "", ours, {**naive, "records": _in_order(naive["records"])})


def _in_order(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda r: (str(r["local_on"]), r["exercise_id"], r["kind"]))


def _compare(place: str, name: str, ours: Any, naive: Any) -> list[str]:
    if isinstance(naive, Mapping):
        if ours.keys() != naive.keys():
            return [f"{place}: fields {sorted(ours)} and {sorted(naive)}"]
        inherited = name if name in DIGITS else ""
        return [d for key in naive for d in _compare(f"{place}.{key}", inherited or key, ours[key], naive[key])]
    if isinstance(naive, list):
        if len(ours) != len(naive):
            return [f"{place}: {len(ours)} and {len(naive)} entries: {ours} and {naive}"]
        pairs = enumerate(zip(ours, naive, strict=True))
        return [d for number, (a, b) in pairs for d in _compare(f"{place}[{number}]", name, a, b)]
    return [] if _equal(name, ours, naive) else [f"{place}: {ours} and {naive}"]


def _equal(name: str, ours: Any, naive: Any) -> bool:
    if isinstance(naive, dt.date):
        return bool(ours == naive.isoformat())
    if name in DIGITS and ours is not None and naive is not None:
        half_a_digit = 0.5 * 10 ** -DIGITS[name]
        return bool(abs(ours - float(naive)) <= half_a_digit * 1.000001 + 1e-6 * abs(float(naive)))
    return bool(ours == naive)
