"""Depth and size: what the database does for the first page, the hundredth and the report, however much there is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import psycopg

from bench.effort import Effort
from bench.figures import Figures, Target, middle
from bench.stage import SECRET, Database, Stage, today
from workouts_api.config import load_settings
from workouts_api.database import Caller, acting
from workouts_api.database import Database as Pool
from workouts_api.dba.explain import explain
from workouts_api.dba.server import plan_mode, session
from workouts_api.sql import queries
from workouts_api.sql.loaded import CATALOGUE

RUNS = 21
PAGE_ROUNDS, PAGES_A_ROUND = 15, 60
_PLACE = """
select started_at::text, id::text
from workouts.sessions
where athlete_id = 1
order by started_at desc, id desc
offset %s
limit 1
"""


def measure(stage: Stage, effort: Effort) -> tuple[list[Figures], list[Target]]:
    columns = ("sets in the database", "what", "execution ms", "buffers", "rows")
    figures = Figures("Depth and size: the checked-in files by EXPLAIN ANALYZE, as the application's role", columns)
    made = Figures("Made by `workouts db scale`", ("sets", "seconds", "sets/s", "size, MB"))
    times: dict[tuple[int, str], float] = {}
    for sets in effort.sizes:
        database = stage.database(sets)
        made.add(
            f"{sets:,}", f"{database.made_in_s:.1f}", f"{sets / database.made_in_s:,.0f}", f"{_size_mb(database):,.0f}"
        )
        for what, name, given in _cases(database):
            ms, _, buffers, rows, plan = explained(database, name, given)
            times[sets, what] = ms
            figures.add(f"{sets:,}", what, f"{ms:.3f}", f"{buffers:,}", rows)
            if sets == max(effort.sizes):
                figures.plans.append((f"{what}, at {sets:,} sets", plan))
        if sets not in (effort.load_sets, min(effort.sizes), max(effort.sizes)):
            stage.drop(sets)
    pages = _page_times(stage, min(effort.sizes), max(effort.sizes))
    figures.notes.append(
        "The first page as the application gets it, guard and rows in one pipeline, in turns on both: "
        + ", ".join(f"{ms:.3f} ms at {sets:,} sets" for sets, ms in pages.items())
        + "."
    )
    figures.notes.append(
        f"Athlete 1 has the same 25,000 sets in five years in each; medians of {RUNS} runs. Everybody's sessions lie "
        "among each other in the order of time, as if recorded live, which is the worst case for a page: each of its "
        "rows is in another block."
    )
    return [figures, made], _held(effort, times, pages)


def _page_times(stage: Stage, *sizes: int) -> dict[int, float]:
    """Milliseconds of a page in the application's own pipeline, by size: the median of rounds that take turns.

    EXPLAIN's times are not used: at 0.05 ms the processor's caches change them by more than that.
    """
    times: dict[int, list[float]] = {sets: [] for sets in sizes}
    with ExitStack() as open_pools:
        ask = {sets: open_pools.enter_context(_asking(stage.database(sets))) for sets in sizes}
        for _ in range(PAGE_ROUNDS):
            for sets, page_ms in ask.items():
                times[sets].append(middle([page_ms() for _ in range(PAGES_A_ROUND)]))
    return {sets: middle(found) for sets, found in times.items()}


@contextmanager
def _asking(database: Database) -> Iterator[Callable[[], float]]:
    """A function that asks for athlete 1's first page and gives the milliseconds that the pipeline took."""
    settings = load_settings({"JWT_SECRET_KEY": SECRET, "DATABASE_URL": database.url, "DB_POOL_MIN": "1"})
    pool = Pool(settings, database.url, CATALOGUE)
    with psycopg.connect(database.owner_dsn) as connection:
        row = connection.execute("select id from workouts.logins where user_id = 1 limit 1").fetchone()
    assert row is not None
    who = Caller(pool, "bench", time.monotonic() + 3600, user_id=1, login_id=row[0])

    def page_ms() -> float:
        before = who.database_s
        with acting(who):
            rows = queries.sessions.list_sessions(viewer_id=1, before_at="infinity", before_id=2**63 - 1, limit=51)
        assert len(rows) == 51
        return (who.database_s - before) * 1000

    try:
        yield page_ms
    finally:
        pool.close()


def _held(effort: Effort, times: dict[tuple[int, str], float], pages: dict[int, float]) -> list[Target]:
    small, large = min(effort.sizes), max(effort.sizes)
    ratio = pages[large] / pages[small]
    report = times[large, "report, five years"]
    return [
        Target(f"a page at {large:,} sets", "≤ 1.2 × that at 100,000", f"{ratio:.2f} ×", ratio <= 1.2),
        Target(f"the training report at {large:,} sets", "≤ 50 ms", f"{report:.1f} ms", report <= 50),
    ]


def _cases(database: Database) -> list[tuple[str, str, dict[str, str]]]:
    period = {"from_on": str(today() - timedelta(days=1826)), "to_on": str(today())}
    return [
        ("first page", "sessions.list_sessions", {}),
        ("25th page: its 1,201st session on", "sessions.list_sessions", _after(database, 1200)),
        ("100th page of ten", "sessions.list_sessions", {**_after(database, 990), "limit": "11"}),
        ("report, five years", "reports.training_report", period),
    ]


def _after(database: Database, sessions: int) -> dict[str, str]:
    """The keyset of the page that begins after so many of athlete 1's sessions."""
    with psycopg.connect(database.dsn) as connection:
        row = connection.execute(_PLACE, [sessions - 1]).fetchone()
    assert row is not None, f"athlete 1 has fewer than {sessions} sessions"
    return {"before_at": row[0], "before_id": row[1]}


def explained(database: Database, name: str, given: dict[str, str]) -> tuple[float, float, int, int, str]:
    """Milliseconds of execution and of planning, buffers, rows, and the plan as text."""
    file = CATALOGUE.find(name)
    with session(database.dsn, read_only=True) as server:
        server.describe(file)
        values = server.values(file, given)
        with server.prepared(file, values) as execute, server.rolled_back():
            # The nodes are not timed: reading the clock a hundred thousand times costs as much as the query.
            found = [server.plan(execute, plan_mode(file), "analyze", "buffers", "timing off") for _ in range(RUNS)]
        plan = str(explain(server, file, given=given, analyze=True))
    ms = middle([one["Execution Time"] for one in found])
    planning_ms = middle([one["Planning Time"] for one in found])
    root: dict[str, Any] = found[-1]["Plan"]
    return ms, planning_ms, root["Shared Hit Blocks"] + root["Shared Read Blocks"], round(root["Actual Rows"]), plan


def _size_mb(database: Database) -> float:
    with psycopg.connect(database.dsn) as connection:
        row = connection.execute("select pg_database_size(current_database())").fetchone()
    return float(row[0]) / 1e6 if row else 0.0
