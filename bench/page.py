"""docs/PERFORMANCE.md, written whole by a run; what stands there by hand is in bench/notes.md."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.console import Console

from bench.figures import Figures, Target

PAGE = Path(__file__).parent.parent / "docs" / "PERFORMANCE.md"
NOTES = Path(__file__).parent / "notes.md"

_HOW_TO_READ = """\
Written by `make bench`; don't edit it, edit `bench/notes.md`. `make bench` takes up to 20 minutes, `make bench QUICK=1`
3. Neither needs anything but the checkout: PostgreSQL, servers, tunnel and load are started for the run and end with
it.

**Ratios count, not absolutes.** Client, server and database share the cores, so requests a second say how they share
them on this machine; CPU for each request says what the code costs. It is read from the kernel for the workers and for
all of PostgreSQL's processes, before and after every round. A *hello* is the CPU of the smallest Flask reply under the
same gunicorn, measured in the same rounds. Everything is on: validation, the guard, logs as JSON, every header."""


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
    """Writes the page at once: a reader never sees half of it."""
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
