"""The table of docs/RELIABILITY.md. A run of some faults replaces their lines and leaves the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.faults.fault import Outcome
from tests.faults.load import CREATED, NO_ANSWER, OK

DOCUMENT = Path(__file__).parents[2] / "docs" / "RELIABILITY.md"
BEGIN, END = "<!-- faults: begin -->\n", "<!-- faults: end -->"
HEAD = (
    "| Fault | May be answered | Was answered | Acknowledged, lost, doubled | Well after | Lines a minute | Admin | |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
)
_GOOD = {OK, CREATED}


def line(outcome: Outcome) -> str:
    """One line of the table."""
    cells = (
        outcome.fault,
        _statuses(outcome.allowed) or "nothing else",
        ", ".join(f"{_named(status)}: {count:,}" for status, count in sorted(outcome.statuses.items(), key=_order)),
        f"{outcome.acknowledged:,}, {outcome.lost}, {outcome.doubled}",
        "over 20 s" if outcome.recovered is None else f"{outcome.recovered:.1f} s",
        "" if outcome.lines is None else f"{outcome.lines:.0f}",
        "" if outcome.admin is None else f"{outcome.admin * 1000:.0f} ms",
        "**missed**" if outcome.failures else "met",
    )
    return f"| {' | '.join(cells)} |\n"


def write(outcomes: Iterable[Outcome], order: Sequence[str], document: Path = DOCUMENT) -> None:
    """Puts the lines into the table, in the order of the faults; lines of faults that are no more are left out."""
    text = document.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    table, after = rest.split(END)
    lines = {name: row for row in table.splitlines(keepends=True) if (name := named(row)) in order}
    lines |= {outcome.fault: line(outcome) for outcome in outcomes}
    rows = "".join(lines[name] for name in order if name in lines)
    document.write_text(f"{before}{BEGIN}\n{HEAD}{rows}\n{END}{after}", encoding="utf-8")


def named(row: str) -> str:
    """The fault of a line; empty: it is no line of a fault."""
    found = re.match(r"\| (.+?) \|", row)
    return found.group(1) if found else ""


def _statuses(statuses: Iterable[int]) -> str:
    return ", ".join(_named(status) for status in sorted(statuses))


def _named(status: int) -> str:
    return "no answer" if status == NO_ANSWER else str(status)


def _order(item: tuple[int, int]) -> tuple[bool, int]:
    return item[0] not in _GOOD, item[0]
