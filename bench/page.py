"""docs/PERFORMANCE.md, written whole by a run: tables, then bench/notes.md, which is written by hand.

The plans behind the tables go to build/plans.txt, which is not checked in.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.console import Console

from bench.figures import Figures, Target

PAGE = Path(__file__).parent.parent / "docs" / "PERFORMANCE.md"
NOTES = Path(__file__).parent / "notes.md"
PLANS = Path(__file__).parent.parent / "build" / "plans.txt"

_HOW_TO_READ = """\
`make bench` writes this page. Its last part comes from `bench/notes.md`: edit that file, not this page. A run takes up
to 20 minutes, `make bench QUICK=1` takes 3. It needs only the checkout: it starts PostgreSQL, servers, tunnel and load,
and ends them. It writes the plans of the statements to `build/plans.txt`.

**Compare ratios, not absolute figures.** Client, server and database share the processor's cores. Requests a second
therefore depend on this machine. CPU a request says what the code costs. It is read from the kernel before and after
every round, for the workers and for all of PostgreSQL's processes. A *hello* is the CPU of the smallest Flask reply
under the same gunicorn, measured in the same rounds. Everything is switched on: validation, the guard, JSON logs, all
headers."""


def write(
    path: Path,
    *,
    day: date,
    effort: str,
    minutes: float,
    machine: Sequence[tuple[str, str]],
    figures: Sequence[Figures],
    targets: Sequence[Target],
    left_out: Sequence[str],
) -> None:
    """Writes the page in one step, so that a reader never sees half of it."""
    about = Figures(
        f"The run: {effort}, {day}, {minutes:.0f} minutes", ("what", "value"), [list(row) for row in machine]
    )
    if left_out:
        about.notes.append("Left out, because the time was over: " + ", ".join(left_out) + ".")
    parts = [
        "# Performance\n",
        _HOW_TO_READ + "\n",
        about.as_markdown(),
        held(targets).as_markdown(),
        *(one.as_markdown() for one in figures),
        NOTES.read_text(encoding="utf-8"),
    ]
    draft = path.with_suffix(".draft")
    draft.write_text("\n".join(part.rstrip("\n") + "\n" for part in parts), encoding="utf-8")
    draft.replace(path)


def write_plans(path: Path, figures: Sequence[Figures]) -> None:
    """The plans of a run, each under its title."""
    plans = [f"## {title}\n\n```\n{plan}\n```\n" for one in figures for title, plan in one.plans]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["# Plans of the last run\n", *plans]), encoding="utf-8")


def held(targets: Sequence[Target]) -> Figures:
    """The figures to hold against what was measured."""
    table = Figures("Held", ("figure", "to hold", "measured", ""))
    words = {True: "met", False: "**missed**", None: "not measured"}
    for target in targets:
        table.add(target.what, target.wanted, target.measured, words[target.met])
    return table


def as_text(figures: Figures) -> str:
    out = io.StringIO()
    figures.show(Console(file=out, width=140))
    return out.getvalue()
