"""The checked-in table of costs, and what of a measurement is not within it.

The figures hold for every supported version of Python: see counting.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent / "table.json"
RENEW = "look at why; where it is meant: python -m tests.performance.renew"
MARGIN, FEW = 0.03, 4  # of the calls: what a patch release of a library may add

Costs = Mapping[str, Any]


def read_table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(TABLE.read_text())
    return table


def write_table(measured: Costs) -> None:
    """Renews all figures."""
    requests, replies = measured["requests"], measured["replies"]
    table = {
        "requests": {name: [cost["trips"], *cost["statements"]] for name, cost in requests.items()},
        "calls": {name: cost["calls"] for name, cost in requests.items()},
        "peak_bytes": {name: cost["peak_bytes"] for name, cost in replies.items()},
    }
    TABLE.write_text(_one_line_each(table))


def _one_line_each(table: Mapping[str, Any]) -> str:
    """JSON in which a request has a line: a change of one is a change of one."""
    return re.sub(r"\[[^]]*\]", lambda held: json.dumps(json.loads(held[0])), json.dumps(table, indent=2)) + "\n"


def problems(table: Costs, measured: Costs) -> list[str]:
    """Everything that costs more, or less, than the table says; a line each."""
    return [*_request_problems(table, measured["requests"]), *_reply_problems(table, measured["replies"])]


def _request_problems(table: Costs, requests: Costs) -> Iterator[str]:
    for name, cost in requests.items():
        trips, *statements = table["requests"].get(name, [0])
        if cost["trips"] != trips:
            yield f"{name}: {cost['trips']} round trips, the table says {trips}; {RENEW}"
        if cost["statements"] != statements:
            yield f"{name}: runs {_shortened(cost['statements'])}, the table says {_shortened(statements)}; {RENEW}"
        known = table["calls"].get(name, 0)
        margin = round(known * MARGIN) + FEW
        if abs(cost["calls"] - known) > margin:
            yield f"{name}: {cost['calls']} Python calls, the table says {known} ± {margin}; {RENEW}"


def _shortened(statements: list[str]) -> str:
    return ", ".join(statements[:4]) + (f" … ({len(statements)})" if len(statements) > 4 else "") or "nothing"


def _reply_problems(table: Costs, replies: Costs) -> Iterator[str]:
    for name, cost in replies.items():
        if cost["json"] != {"dumps": 1, "loads": 0}:
            dumps, loads = cost["json"]["dumps"], cost["json"]["loads"]
            yield f"{name}: the whole reply is written {dumps} times and read {loads} times; expected once and never"
        known, half = table["peak_bytes"].get(name, 0), cost["reply_bytes"] // 2
        peak = cost["peak_bytes"]
        if abs(peak - known) > half:
            yield f"{name}: {peak} bytes at once, the table says {known} ± half a reply of {half * 2}; {RENEW}"
