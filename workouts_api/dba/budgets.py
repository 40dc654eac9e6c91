"""Measures what a run of a query file costs, and compares it with the file's ``@budget run``.

It also runs files that write, in transactions that are rolled back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from workouts_api.dba.nested import NestedPlan
from workouts_api.dba.server import (
    NoSuchDataError,
    Session,
    StatementProblemError,
    first_line,
    is_explainable,
    nodes,
    plan_mode,
    scanned,
)
from workouts_api.sql.files import QueryFile, RunBudget

FEW_ROWS = 100  # that index-only scans look up in a table: so few change no figure
_REMOVED = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Budgets that were exceeded, and sample sets that could not be measured, each as ``place:LINE: message``."""

    problems: list[str]
    without_data: list[str]
    taken: list[Taken] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Taken:
    """The cost of a run: pages touched, rows read and discarded, and tables that were read from end to end.

    ``scanned`` holds the large tables among those, and small ones for which no index could have been used. ``fetched``
    are rows that index-only scans had to look up in their tables, because vacuum has not been there.
    """

    buffers: int
    rows_removed: int
    scanned: frozenset[str] = frozenset()
    fetched: Mapping[str, int] = field(default_factory=dict)


def measure_budgets(session: Session, files: Iterable[QueryFile]) -> Verdict:
    """Runs every file that has a budget, on each of its sample sets, and compares.

    Files that write run last, because the other files would have to read their dead rows.
    """
    session.conn.execute("set max_parallel_workers_per_gather = 0")
    verdict = Verdict([], [])
    version = session.conn.info.server_version // 10_000
    for file in sorted(files, key=lambda file: file.writes):
        if not is_explainable(file):
            continue
        for sample in (None, *file.samples):
            budget = file.budget_of(sample, version)
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
        if is_refusal(error):
            message = f"{prefix}its samples are refused in this database: {first_line(error)}"
            verdict.without_data.append(file.problem(budget.line, message))
            return
        message = f"{prefix}it does not run on its samples: {first_line(error)}"
        verdict.problems.append(file.problem(budget.line, message))
    else:
        verdict.taken.append(taken)
        verdict.problems.extend(file.problem(budget.line, prefix + excess) for excess in _excesses(taken, budget))
        if file.plan_budget:
            for table in sorted(taken.scanned.intersection(file.plan_budget.no_seqscan)):
                message = f"{prefix}{table} is read from end to end: the budget is no_seqscan({table})"
                verdict.problems.append(file.problem(file.plan_budget.line, message))


def is_refusal(error: psycopg.Error) -> bool:
    """Whether the application's own rules ended the statement: a sample names somebody whom this database lacks."""
    return (error.sqlstate or "").startswith("WK")


def _excesses(taken: Taken, budget: RunBudget) -> Iterator[str]:
    for what in ("buffers", "rows_removed"):
        found, limit = getattr(taken, what), getattr(budget, what)
        if limit is not None and found > limit:
            yield f"{what} {found}: the budget is {what}<={limit}"


def measure(
    session: Session, file: QueryFile, sample: str | None = None, values: Mapping[str, str | None] | None = None
) -> Taken:
    """The cost of the second of two runs. It includes functions and triggers if the server reports them.

    :param values: all values, in place of samples.
    """
    values = session.values(file, sample=sample) if values is None else values
    with session.prepared(file, values) as execute:
        _run(session, file, execute)
        plan, inside = _run(session, file, execute)
        plans = [plan, *(one.plan for one in inside)]
        read = frozenset[str]().union(*map(scanned, plans))
        unavoidable = _scanned_without_scans(session, file, execute) if read else frozenset[str]()
    outside = [one.plan for one in inside if session.nested and session.nested.outside_of_the_plan(one)]
    return Taken(
        buffers=sum(map(_buffers, [plan, *outside])),
        rows_removed=round(sum(map(_removed, plans))),
        scanned=frozenset({table for table in read if session.is_large(table)} | unavoidable),
        fetched={} if file.writes else _fetched(plans),  # the first run of a file that writes leaves dead rows itself
    )


def too_high(found: Iterable[Taken]) -> str | None:
    """That figures are too high, since pages are not visible to all: a former run of files that write leaves it so."""
    most: dict[str, int] = {}
    for one in found:
        for table, rows in one.fetched.items():
            most[table] = max(rows, most.get(table, 0))
    tables = sorted((table for table, rows in most.items() if rows >= FEW_ROWS), key=lambda table: -most[table])
    if not tables:
        return None
    # A usual vacuum leaves dead entries where less than a fiftieth of the pages have any, however often it is run.
    return (
        f"Index-only scans had to look up to {most[tables[0]]:,} rows up in {tables[0]}, so the figures are too high: "
        f"run `vacuum (index_cleanup on) {', '.join(tables)}` first."
    )


def _scanned_without_scans(session: Session, file: QueryFile, execute: str) -> frozenset[str]:
    """The tables that are read from end to end even where the planner avoids it: no index could have been used."""
    with session.without_scans():
        plan, inside = _run(session, file, execute)
    return frozenset[str]().union(*map(scanned, [plan, *(one.plan for one in inside)]))


def _run(session: Session, file: QueryFile, execute: str) -> tuple[Mapping[str, Any], list[NestedPlan]]:
    """Runs the file once and rolls back. Returns its plan and the plans inside its functions."""
    with session.rolled_back(), session.hearing() as nested:
        plan = session.plan(execute, plan_mode(file), "analyze", "buffers", "timing off")["Plan"]
    return plan, [one for one in nested if one.is_inside]


def _buffers(plan: Mapping[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


def _fetched(plans: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for plan in plans:
        for node in nodes(plan):
            found[node.get("Relation Name", "")] += node.get("Heap Fetches", 0)
    return {table: rows for table, rows in found.items() if rows}


def _removed(plan: Mapping[str, Any]) -> float:
    return sum(float(node.get(key, 0)) * float(node["Actual Loops"]) for node in nodes(plan) for key in _REMOVED)
