"""What a query file takes beside its budget, on each of its sample sets and on real calls, and the budget to propose.

Owns the rule of a proposal and the change of a file's head. Measuring is ``budgets``'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log10

import psycopg

from workouts_api.dba.budgets import Taken, is_refusal, measure
from workouts_api.dba.captured import Captured
from workouts_api.dba.server import NoSuchDataError, Session, StatementProblemError, first_line
from workouts_api.sql.budgets import RunBudget
from workouts_api.sql.files import QueryFile

ROOM = 1.25  # above what was measured: trees grow by a level, pages split
LEAST = 10  # pages: below it, one page more would be a quarter
CAPTURED = "captured"


@dataclass(frozen=True, slots=True)
class Beside:
    """One set of a file: what it took, and the budget that holds for it. ``why_not`` says why nothing was measured."""

    file: QueryFile
    sample: str
    """"usual", the name of a set, or "captured" for the dearest of the real calls."""
    taken: Taken | None
    why_not: str = ""

    @property
    def budget(self) -> RunBudget | None:
        return self.file.budget_of(self.sample if self.sample in self.file.samples else None)

    @property
    def is_exceeded(self) -> bool:
        budget = self.budget
        return bool(self.taken and budget and budget.buffers is not None and self.taken.buffers > budget.buffers)


def beside(session: Session, file: QueryFile, calls: Sequence[Captured]) -> Iterator[Beside]:
    """Measures the usual samples, each named set, and the calls, of which the dearest counts."""
    for sample in (None, *file.samples):
        try:
            yield Beside(file, sample or "usual", measure(session, file, sample))
        except NoSuchDataError:
            yield Beside(file, sample or "usual", None, "finds nothing in this database")
        except StatementProblemError as error:
            yield Beside(file, sample or "usual", None, str(error))
        except psycopg.Error as error:
            yield Beside(file, sample or "usual", None, _refused(error))
    if calls:
        yield _dearest(session, file, calls)


def _dearest(session: Session, file: QueryFile, calls: Sequence[Captured]) -> Beside:
    usual, found, why_not = session.values(file), list[Taken](), ""
    for call in calls:
        try:
            found.append(measure(session, file, values=call.over(usual)))
        except psycopg.Error as error:
            why_not = _refused(error)
    return Beside(file, CAPTURED, max(found, key=lambda taken: taken.buffers) if found else None, why_not)


def _refused(error: psycopg.Error) -> str:
    return f"{'is refused' if is_refusal(error) else 'does not run'}: {first_line(error)}"


def rounded_up(figure: int) -> int:
    """With some room, to two digits: 1,234 → 1,600."""
    wanted = max(figure * ROOM, LEAST)
    step: int = 10 ** max(int(log10(wanted)) - 1, 0)
    return ceil(wanted / step) * step


def proposed(found: Sequence[Beside]) -> dict[str, str]:
    """The lines ``@budget run`` of a file, by what stands in the brackets, "" for the usual samples.

    The usual line holds for the usual samples and the real calls. A set has a line of its own if it takes more.
    """
    taken = {one.sample: one.taken for one in found if one.taken}
    usual = [one for name, one in taken.items() if name in ("usual", CAPTURED)] or list(taken.values())
    if not usual:
        return {}
    room = max(rounded_up(one.buffers) for one in usual)
    lines = {"": f"-- @budget run: buffers<={room}"}
    for name, one in taken.items():
        if name not in ("usual", CAPTURED) and one.buffers > room:
            lines[name] = f"-- @budget run({name}): buffers<={rounded_up(one.buffers)}"
    return lines


def with_budgets(file: QueryFile, lines: dict[str, str]) -> str:
    """The file's text with these budgets of buffers. Other limits of a line, such as rows_removed, stay."""
    left, kept, place = dict(lines), list[str](), 0
    text = file.text.split("\n")
    places = {"": file.run_budget, **file.set_budgets}
    at = {budget.line: name for name, budget in places.items() if budget}
    for number, line in enumerate(text, 1):
        if number in at:
            line = _kept_limits(left.pop(at[number], line), places[at[number]])
        kept.append(line)
        if line.startswith("-- @"):
            place = len(kept)
    return "\n".join([*kept[:place], *left.values(), *kept[place:]])


def _kept_limits(line: str, before: RunBudget | None) -> str:
    removed = before.rows_removed if before else None
    return line if removed is None or "rows_removed" in line else f"{line} rows_removed<={removed}"
