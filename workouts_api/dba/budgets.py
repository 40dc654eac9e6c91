"""What running a query file takes, measured against its ``@budget run``.

Owns the measurement. It does run writes, in transactions that are rolled back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psycopg

from workouts_api.dba.server import (
    NoSuchDataError,
    Session,
    StatementProblemError,
    first_line,
    is_explainable,
    nodes,
    plan_mode,
)
from workouts_api.sql.files import QueryFile, RunBudget

_REMOVED = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Budgets that were not kept, and sets of samples that could not be measured, as ``place:LINE: message``."""

    problems: list[str]
    without_data: list[str]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run took: pages touched, and rows read in vain."""

    buffers: int
    rows_removed: int


def measure_budgets(session: Session, files: Iterable[QueryFile]) -> Verdict:
    """Runs every file that has a budget, on each set of its samples, and compares."""
    session.conn.execute("set max_parallel_workers_per_gather = 0")
    verdict = Verdict([], [])
    for file in files:
        if not is_explainable(file):
            continue
        for sample in (None, *file.samples):
            budget = file.budget_of(sample)
            if budget is not None:
                _judge(session, file, sample, budget, verdict)
    return verdict


def _judge(session: Session, file: QueryFile, sample: str | None, budget: RunBudget, verdict: Verdict) -> None:
    prefix = f"{sample}: " if sample else ""
    try:
        taken = measure(session, file, sample)
    except NoSuchDataError as error:
        verdict.without_data.append(file.problem(error.line, str(error)))
    except StatementProblemError as error:
        verdict.problems.append(file.problem(error.line, str(error)))
    except psycopg.Error as error:
        message = f"{prefix}it does not run on its samples: {first_line(error)}"
        verdict.problems.append(file.problem(budget.line, message))
    else:
        verdict.problems.extend(file.problem(budget.line, prefix + excess) for excess in _excesses(taken, budget))


def _excesses(taken: Taken, budget: RunBudget) -> Iterator[str]:
    for what in ("buffers", "rows_removed"):
        found, limit = getattr(taken, what), getattr(budget, what)
        if limit is not None and found > limit:
            yield f"{what} {found}: the budget is {what}<={limit}"


def measure(session: Session, file: QueryFile, sample: str | None = None) -> Taken:
    """What the second of two runs takes."""
    values = session.values(file, sample=sample)
    with session.prepared(file, values) as execute:
        for _ in range(2):
            with session.rolled_back():
                root = session.plan(execute, plan_mode(file), "analyze", "buffers", "timing off")
    plan = root["Plan"]
    buffers = int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])
    removed = sum(float(node.get(key, 0)) * float(node["Actual Loops"]) for node in nodes(plan) for key in _REMOVED)
    return Taken(buffers, round(removed))
