"""How the runner's findings look on a terminal, and in a pipe: there without colour, and nothing cut off."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from .executor import Event
from .observe import LOCK_MODES, Effect
from .plan import Plan, Size
from .runner import Status

_PIPE_WIDTH = 100_000  # a table is only as wide as its cells: this is never reached, and so nothing is wrapped


def console() -> Console:
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(file=sys.stdout, width=width, highlight=False, markup=False)


def _table(*columns: str, right: Iterable[str] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in right else "left")
    return table


class Reporter:
    """Prints events as they come; a backfill is a bar on a terminal, and a line for each tenth in a pipe."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=out
        )
        self._task: TaskID | None = None
        self._tenth: tuple[str, int] = ("", -1)

    def __enter__(self) -> Self:
        if self._out.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._out.is_terminal:
            self._bar.stop()

    def __call__(self, event: Event) -> None:
        line = f"{event.file}  {event.text}" if event.file else event.text
        if event.done is None:
            self._out.print(line)
        elif self._out.is_terminal:
            self._move_bar(event)
        else:
            tenth = event.file, 10 * event.done // max(event.total or 0, 1)
            if tenth != self._tenth:
                # A table that was never analysed has no number of rows yet.
                share = f"; {min(10 * tenth[1], 100)} % of about {event.total} rows seen" if event.total else ""
                self._out.print(f"{line}{share}")
            self._tenth = tenth

    def _move_bar(self, event: Event) -> None:
        if self._task is None:
            self._task = self._bar.add_task(event.file)
        self._bar.update(self._task, description=event.file, completed=event.done or 0, total=event.total)


def show_status(out: Console, status: Status) -> None:
    table = _table("file", "state", "when", "by", "took", right=["took"])
    for row in status.applied:
        state = "applied by a newer release" if row in status.ahead else "applied"
        table.add_row(row.name, state, f"{row.applied_at:%Y-%m-%d %H:%M:%S}", row.applied_by, f"{row.duration_ms} ms")
    for file in (*status.pending, *status.pending_repeatable):
        table.add_row(file.label.removesuffix(".sql"), "pending", "", "", "")
    out.print(table)
    unfinished = status.unfinished
    if unfinished:
        rows = f" and {unfinished.batch_rows} rows" if unfinished.batch_rows else ""
        out.print(
            f"{unfinished.version:04} stopped half-way {unfinished.direction}, after {unfinished.statements_done} "
            f"statements{rows}; `workouts db {'migrate' if unfinished.direction == 'up' else 'rollback'}` goes on."
        )
    for problem in status.problems:
        out.print(problem)
    out.print(f"The database is at {status.current:04}; these files need {status.required:04}.")


def show_pending(out: Console, status: Status, to: int | None) -> None:
    """What a dry run says."""
    files = [file for file in status.pending if to is None or file.version <= to]
    repeatable = status.pending_repeatable if len(files) == len(status.pending) else ()
    table = _table("file", "statements", "how", right=["statements"])
    for file in (*files, *repeatable):
        how = "in one transaction" if file.up.transaction else "one at a time"
        table.add_row(file.label, str(len(file.up.statements)), how)
    out.print(table if table.rows else "Nothing to do.")
    for problem in status.problems:
        out.print(problem)


def show_plan(out: Console, plan: Plan) -> None:
    """Each statement with the tables that it touches; what holds up the application is red."""
    if not plan.steps:
        out.print(f"Nothing to do: the database is at {plan.current:04}.")
        return
    table = _table(
        "where", "statement", "table", "lock", "holds up", "rewrites", "scans", "rows", "size", right=["rows", "size"]
    )
    for step in plan.steps:
        statement = f"{step.statement}{step.note and f' ({step.note})'}"
        for effect in step.effects:
            table.add_row(f"{step.file}:{step.line}", statement, *_effect_cells(effect, plan.sizes.get(effect.table)))
    if table.rows:
        out.print(table)
    out.print(_conclusion(plan))


def _conclusion(plan: Plan) -> str:
    steps = len(plan.steps)
    blocking = [step for step in plan.steps if any(effect.holds_up_the_application for effect in step.effects)]
    without = sum(not step.effects for step in plan.steps)
    places = ", ".join(f"{step.file}:{step.line}" for step in blocking)
    many = "" if steps == 1 else "s"
    return (
        f"{steps} statement{many}; {without or 'none'} without a lock on a table that is there now.\n"
        + (f"Held up by a lock are the application's statements by: {places}\n" if blocking else "")
        + "A lock is held until its transaction ends: that of the whole file, unless it says transaction:false."
    )


def _effect_cells(effect: Effect, size: Size | None) -> list[str | Text]:
    blocks = LOCK_MODES[effect.lock] if effect.lock else "as before"
    style = {"blocks reads and writes": "bold red", "blocks writes": "red"}.get(blocks, "")
    return [
        f"{effect.table}{' (dropped)' if effect.dropped else ''}",
        effect.lock or "–",
        Text(blocks.removeprefix("blocks "), style=style),
        Text("rewrites", style="bold red") if effect.rewritten else "–",
        "scans" if effect.scanned else "–",
        f"{size.rows:,}" if size else "–",
        human_size(size.total_bytes) if size else "–",
    ]


def human_size(count: int) -> str:
    """Bytes in the unit that leaves few digits."""
    number = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.3g} {unit}"
        number /= 1024
    return f"{number:.3g} TiB"
