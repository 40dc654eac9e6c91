"""``python -m bench.partitions [SETS]``: the table of sets as it is, and in partitions by athlete, side by side.

Both have the same rows. The partitioned one is asked twice: with the keys that it must have, and with one more index on
sessions. Pages, times and sizes are PostgreSQL's own; docs/SCALE.md has what was found.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from rich.console import Console

from bench.figures import Figures, middle
from bench.stage import set_up

SETS, PARTS, RUNS = 30_000_000, 16, 5
HEAVY = 1  # the athlete with 25,000 sets
_USES = {
    "sets of a session, by `session_id` alone": "session_id = $1",
    "the same, and `athlete_id` is known": "session_id = $1 and athlete_id = $2",
    "all sets of the heavy athlete": "athlete_id = $3",
    "all sets of an athlete with few": "athlete_id = $2",
    "a year of all athletes of the coach of 5,000": "athlete_id = any($4) and local_on > $5",
}
_TYPES = "bigint, bigint, bigint, bigint[], date"
# Of an athlete with few sets a session and the id; the heavy one's; the largest team's; the first day of a year.
_GIVEN = """
with few as (
  select athlete_id, max(id) filter (where set_count > 0) as session_id
  from sessions
  group by athlete_id
  having sum(set_count) between 100 and 2000
  order by athlete_id desc
  limit 1
), largest as (
  select team_id from team_athletes group by team_id order by count(*) desc limit 1
)
select
  f.session_id,
  f.athlete_id,
  %s::bigint,
  array(select a.athlete_id from team_athletes as a join largest as l using (team_id)),
  (select max(local_on) - 365 from sessions)
from few as f
"""
_SIZES = """
select sum(pg_table_size(part)), sum(pg_indexes_size(part)), min(pg_table_size(part)), max(pg_table_size(part))
from unnest(%s::text[]::regclass[]) as part
"""


@dataclass(frozen=True)
class Use:
    """What one kind of use costs: pages, and milliseconds of executing and of a connection's first planning."""

    pages: int
    execution: float
    planning: float

    def __str__(self) -> str:
        return f"{self.pages:,}, {self.execution:.2f} ms, {self.planning:.1f} ms"


def measure(admin: psycopg.Connection[Any], dsn: str, sets: int) -> list[Figures]:
    given = _one(admin, _GIVEN, HEAVY)
    uses = {"one table": _uses(dsn, "sets", given)}
    made = {f"{PARTS} partitions": _partition(admin)}
    uses[f"{PARTS} partitions"] = _uses(dsn, "parted", given)
    sizes = {"one table": _size(admin, "sets"), f"{PARTS} partitions": _size(admin, "parted")}
    started = time.perf_counter()
    admin.execute("create index on parted (session_id)")
    made["with an index on sessions"] = time.perf_counter() - started
    admin.execute("vacuum analyze parted")
    uses["with an index on sessions"] = _uses(dsn, "parted", given)
    sizes["with an index on sessions"] = _size(admin, "parted")

    asked = Figures(f"Pages, execution, first planning of a connection, among {sets:,} sets", ("use", *uses))
    for use in _USES:
        asked.add(use, *(uses[layout][use] for layout in uses))
    held = Figures("What it takes", ("", *sizes))
    held.add("table, indexes", *sizes.values())
    held.add("partitions, least and most", "", *[_spread(admin)] * 2)
    held.add("made in", "", *(f"{seconds:.0f} s" for seconds in made.values()))
    vacuumed = [_vacuumed(admin, table) for table in ("sets", "parted")]
    held.add("vacuum after the heavy athlete's sets went", vacuumed[0], "", vacuumed[1])
    held.add("the statistics' index, made anew", *_made_anew(admin))
    return [asked, held]


def _partition(admin: psycopg.Connection[Any]) -> float:
    """Copies the sets into partitions by a hash of the athlete; gives the seconds."""
    started = time.perf_counter()
    admin.execute("create table parted (like sets including defaults) partition by hash (athlete_id)")
    for part in range(PARTS):
        admin.execute(
            sql.SQL("create table {} partition of parted for values with (modulus {}, remainder {})").format(
                sql.Identifier(f"parted_{part}"), PARTS, part
            )
        )
    admin.execute("insert into parted select s.* from sets as s")
    admin.execute("alter table parted add primary key (athlete_id, session_id, exercise_no, set_no)")
    admin.execute("create index on parted (athlete_id, exercise_id, local_on) include (kind, weight_kg, reps)")
    admin.execute("vacuum analyze parted")
    return time.perf_counter() - started


def _uses(dsn: str, table: str, given: tuple[Any, ...]) -> dict[str, Use]:
    return {use: _use(dsn, table, condition, given) for use, condition in _USES.items()}


def _use(dsn: str, table: str, condition: str, given: tuple[Any, ...]) -> Use:
    """The pages of one run; the median time of several; the planning of the first, on a new connection."""
    with psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("set search_path = workouts, extensions, pg_temp; set plan_cache_mode = force_generic_plan")
        connection.execute("set random_page_cost = 1.1; set max_parallel_workers_per_gather = 0; set jit = off")
        connection.execute(f"prepare use ({_TYPES}) as select * from {table} where {condition}")
        text = "explain (analyze, buffers, timing off, format json) execute use (%s, %s, %s, %s, %s)"
        plans = [plan for _ in range(RUNS) for [[plan]] in connection.execute(text, given)]
    root = plans[-1]["Plan"]
    pages = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    return Use(pages, middle([plan["Execution Time"] for plan in plans]), plans[0]["Planning Time"])


def _parts(admin: psycopg.Connection[Any], table: str) -> Iterator[str]:
    """The table's partitions, or itself where it has none."""
    found = admin.execute("select relid::text from pg_partition_tree(%s) where isleaf order by relid", [table])
    yield from [name for [name] in found] or [table]


def _size(admin: psycopg.Connection[Any], table: str) -> str:
    heap, indexes, *_ = _sizes(admin, table)
    return f"{heap / 2**20:,.0f} MB, {indexes / 2**20:,.0f} MB"


def _spread(admin: psycopg.Connection[Any]) -> str:
    *_, least, most = _sizes(admin, "parted")
    return f"{least / 2**20:,.0f} MB, {most / 2**20:,.0f} MB"


def _sizes(admin: psycopg.Connection[Any], table: str) -> tuple[Any, ...]:
    return _one(admin, _SIZES, list(_parts(admin, table)))


def _vacuumed(admin: psycopg.Connection[Any], table: str) -> str:
    """How long a vacuum takes, indexes included, of the part of the table in which an athlete's sets were deleted."""
    [part] = _one(admin, f"select tableoid::regclass::text from {table} where athlete_id = %s limit 1", HEAVY)
    admin.execute("set session_replication_role = replica")  # the rows alone, without keys and triggers
    admin.execute(sql.SQL("delete from {} where athlete_id = %s").format(sql.SQL(part)), [HEAVY])
    admin.execute("set session_replication_role = origin")
    started = time.perf_counter()
    admin.execute(sql.SQL("vacuum (index_cleanup on) {}").format(sql.SQL(part)))
    return f"{(time.perf_counter() - started) * 1000:,.0f} ms"


def _made_anew(admin: psycopg.Connection[Any]) -> tuple[str, str, str]:
    """Seconds for the largest index: of all rows, and of one partition's."""
    took = []
    for table in ("sets", next(iter(_parts(admin, "parted")))):
        started = time.perf_counter()
        columns = "(athlete_id, exercise_id, local_on) include (kind, weight_kg, reps)"
        admin.execute(sql.SQL("create index made_anew on {} " + columns).format(sql.SQL(table)))
        took.append(f"{time.perf_counter() - started:,.1f} s")
        admin.execute("drop index made_anew")
    return took[0], "", f"{took[1]} a partition"


def _one(admin: psycopg.Connection[Any], text: str, value: Any) -> tuple[Any, ...]:
    row = admin.execute(text, [value]).fetchone()
    assert row is not None
    return tuple(row)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.partitions", description=__doc__)
    parser.add_argument("sets", nargs="?", type=int, default=SETS, help=f"default: {SETS:,}")
    sets = parser.parse_args().sets
    out = Console(width=200, highlight=False, markup=False)
    with set_up() as stage:
        database = stage.database(sets)
        out.print(f"{sets:,} sets were made in {database.made_in_s:.0f} s.")
        dsn = stage.cluster.dsn(database.name)
        with psycopg.connect(dsn, autocommit=True) as admin:
            admin.execute("set search_path = workouts, extensions, pg_temp")
            for figures in measure(admin, dsn, sets):
                figures.show(out)


if __name__ == "__main__":
    main()
