"""Administration: lists, search and statistics, by EXPLAIN ANALYZE and through the API, at up to a million users."""

from __future__ import annotations

from typing import Any

import psycopg

from bench.depth import RUNS, explained
from bench.effort import Effort
from bench.figures import Figures, Target, middle
from bench.stage import Database, Stage, get

STATS_MS = {10_000: 5.0, 1_000_000: 50.0}
# One in twenty is inactive, one in 10,000 a superuser; one is called Needleman. They came over ten years.
_PEOPLE = """
insert into users (email, username, full_name, password_hash, is_active, is_superuser, created_at)
select
  format('%%s.%%s%%s@mail%%s.example.com', lower(first), lower(last), n, n %% 50),
  lower(first) || n,
  first || ' ' || case when n = %(of)s::int / 2 then 'Needleman' else last end,
  '$argon2id$v=19$m=19456,t=2,p=1$' || left(md5(n::text), 22) || '$' || left(md5(n::text) || md5(last), 43),
  n %% 20 <> 0,
  n %% 10000 = 0,
  now() - (%(of)s::int - n) * (interval '10 years' / %(of)s::int)
from (
  select
    n,
    (array['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Frances', 'Tony', 'Radia', 'Ken'])
      [1 + n %% 10] as first,
    (array['Lovelace', 'Hopper', 'Turing', 'Dijkstra', 'Liskov', 'Knuth', 'Allen', 'Hoare', 'Perlman', 'Thompson'])
      [1 + n / 10 %% 10] || substr(md5(n::text), 1, 3) as last
  from generate_series(%(from)s::int, %(of)s::int) as n
) as people
"""
_NAIVE = """
select count(*), count(*) filter (where is_active), count(*) filter (where not is_active),
       count(*) filter (where is_superuser), count(*) filter (where created_at >= current_date),
       count(*) filter (where created_at >= current_date - 6)
from users
"""
_NOTHING = {"is_active": "null", "is_superuser": "null", "search": "null"}


def measure(stage: Stage, effort: Effort) -> tuple[list[Figures], list[Target]]:
    columns = ("users", "what", "execution ms", "planning ms", "buffers", "rows", "read by")
    figures = Figures("Administration: the checked-in files by EXPLAIN ANALYZE, as the application's role", columns)
    served = Figures("Administration through the API: one client, one worker", ("users", "request", "p50 ms", "p99 ms"))
    targets: list[Target] = []
    database = stage.database(0)
    for users in effort.users:
        _grow(stage, database, users)
        for what, name, given in _cases(stage, database):
            ms, plan_ms, buffers, rows, plan = explained(database, name, given)
            figures.add(f"{users:,}", what, f"{ms:.3f}", f"{plan_ms:.3f}", f"{buffers:,}", rows, _read_by(plan))
            if users == max(effort.users):
                figures.plans.append((f"{what}, at {users:,} users", plan))
            if what == "statistics" and users in STATS_MS:
                most = STATS_MS[users]
                targets.append(Target(f"/users/stats at {users:,} users", f"< {most:g} ms", f"{ms:.2f} ms", ms < most))
        figures.add(f"{users:,}", "the same statistics, counted anew", f"{_naive_ms(database):.3f}", "", "", 1, "users")
        _serve(stage, effort, database, users, served)
    stage.drop(0)
    figures.notes.append(
        f"Medians of {RUNS} runs; the plan is made anew each time, from the filters that are given. A page is 50 users "
        "and the one that tells of a next page."
    )
    return [figures, served], targets


def _grow(stage: Stage, database: Database, users: int) -> None:
    with psycopg.connect(stage.cluster.dsn(database.name), autocommit=True) as admin:
        admin.execute("set search_path = workouts, extensions, pg_temp")
        row = admin.execute("select count(*) from users").fetchone()
        assert row is not None
        admin.execute(_PEOPLE, {"from": row[0] + 1, "of": users})
        admin.execute("update users set is_superuser = true where id = 1")
        admin.execute("vacuum analyze")


def _cases(stage: Stage, database: Database) -> list[tuple[str, str, dict[str, str]]]:
    """What administrators ask for; with the page that begins where a tenth of the users is left."""
    with psycopg.connect(stage.cluster.dsn(database.name)) as admin:
        row = admin.execute(
            "select created_at::text, id::text from workouts.users order by created_at, id"
            " offset (select count(*) / 10 from workouts.users) limit 1"
        ).fetchone()
    assert row is not None
    newest = "administration.list_newest_users"
    by_username = "administration.list_users_by_username"
    by_email_down = "administration.list_users_by_email_down"
    last = {"before": chr(0x10FFFF)}
    return [
        ("newest first", newest, _NOTHING),
        ("newest first, deep in the list", newest, {**_NOTHING, "before_at": row[0], "before_id": row[1]}),
        ("oldest first", "administration.list_oldest_users", _NOTHING),
        ("by username", by_username, _NOTHING),
        ("by e-mail, from the end", by_email_down, {**_NOTHING, **last}),
        ("active, newest first", newest, {**_NOTHING, "is_active": "true"}),
        ("inactive, newest first", newest, {**_NOTHING, "is_active": "false"}),
        ("inactive, by username", by_username, {**_NOTHING, "is_active": "false"}),
        ("superusers, newest first", newest, {**_NOTHING, "is_superuser": "true"}),
        ("superusers, by e-mail from the end", by_email_down, {**_NOTHING, **last, "is_superuser": "true"}),
        ("search that finds one, inside a word", newest, {**_NOTHING, "search": "eedlem"}),
        ("search that finds one, by username", by_username, {**_NOTHING, "search": "eedlem"}),
        ("search that finds nobody", newest, {**_NOTHING, "search": "xyzzyx"}),
        ("search that finds a tenth", newest, {**_NOTHING, "search": "lovelace"}),
        ("search that finds everybody", by_username, {**_NOTHING, "search": "example.com"}),
        ("search among superusers", newest, {**_NOTHING, "search": "hopper", "is_superuser": "true"}),
        ("search for two letters", newest, {**_NOTHING, "search": "le"}),
        ("search for two letters nobody has", newest, {**_NOTHING, "search": "qq"}),
        ("statistics", "administration.get_stats", {}),
    ]


def _read_by(plan: str) -> str:
    """The indexes and tables that a plan reads users by."""
    named = ("users_created_at_idx", "users_username_key", "users_email_key", "users_inactive_idx",
             "users_superusers_idx", "users_search_idx", "user_days")  # fmt: skip
    return ", ".join(name for name in named if name in plan) or "users"


def _naive_ms(database: Database) -> float:
    with psycopg.connect(database.dsn) as connection:
        runs = [_plan(connection, _NAIVE)["Execution Time"] for _ in range(RUNS)]
    return middle(runs)


def _plan(connection: psycopg.Connection[Any], statement: str) -> dict[str, Any]:
    row = connection.execute(f"explain (analyze, timing off, format json) {statement}".encode()).fetchone()
    assert row is not None
    return dict(row[0][0])


def _serve(stage: Stage, effort: Effort, database: Database, users: int, served: Figures) -> None:
    asked = {
        "newest first": "/api/v1/users",
        "search that finds one": "/api/v1/users?search=eedlem",
        "inactive, by username": "/api/v1/users?is_active=false&sort_by=username",
        "statistics, from the cache": "/api/v1/users/stats",
    }
    with stage.application(database) as server:
        for what, path in asked.items():
            request = get(path, database.viewer)
            stage.load(server.port, [request], effort.warm_up_s, connections=1)
            seen = stage.load(server.port, [request], effort.round_s, connections=1)
            assert not seen["errors"], seen
            served.add(f"{users:,}", what, f"{seen['p50_ms']:.2f}", f"{seen['p99_ms']:.2f}")
