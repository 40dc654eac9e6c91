"""What a part of the run hands over: tables of figures, and how they look on a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

Cell = str


@dataclass
class Figures:
    """One table, what is to be said about it, and the plans that its figures come from, each under a title."""

    title: str
    columns: Sequence[str]
    rows: list[list[Cell]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    plans: list[tuple[str, str]] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        self.rows.append([str(cell) for cell in cells])

    def show(self, out: Console) -> None:
        table = Table(title=self.title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        out.print(table)
        for note in self.notes:
            out.print(note)

    def as_markdown(self) -> str:
        marks = [":--", *["--:"] * (len(self.columns) - 1)]
        lines = [f"## {self.title}", ""]
        if self.rows:
            lines += [_row(self.columns), _row(marks), *(_row(row) for row in self.rows), ""]
        for note in self.notes:
            lines += [note, ""]
        return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


@dataclass(frozen=True)
class Target:
    """A figure to hold and what was measured; ``met`` None: not measured in this run."""

    what: str
    wanted: str
    measured: str
    met: bool | None


def milliseconds(seen: Sequence[dict[str, Any]], which: str) -> str:
    """The median over rounds of a latency that the client saw; a dash where nothing was answered."""
    values = [one[which] for one in seen if one[which] is not None]
    return f"{median(values):.2f}" if values else "–"


def middle(values: Sequence[float]) -> float:
    return median(values)


def with_spread(values: Sequence[float], digits: int = 0) -> str:
    """The median, and by how much the rounds differ: half of the distance from the least to the most, in percent."""
    mid = median(values)
    if len(values) < 2 or not mid:
        return f"{mid:,.{digits}f}"
    return f"{mid:,.{digits}f} ±{(max(values) - min(values)) / 2 / mid * 100:.0f} %"
