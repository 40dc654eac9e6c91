"""The planner may choose any plan: the answer is the same, and so is the refusal.

What refuses – no_such(), refuse(), forbidden() – must not stand where one plan comes by and another does not. For a
thing that does not exist a join with an empty table may end before its condition is looked at: 200 and nothing
instead of 404, from the day on which statistics tell the planner another order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.sql.conftest import create_database
from workouts_api.dba.server import Session, plan_mode, session
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.migrate import migrate
from workouts_api.sql.files import QueryFile
from workouts_api.sql.loaded import CATALOGUE

pytestmark = pytest.mark.sweep

# Sizes and times of the server itself, and its place in the log, which others move on.
OF_THE_SERVER = ("administration.get_stats", "spine.tell_position")
FILES = [file for file in CATALOGUE.files() if not file.writes and file.full_name not in OF_THE_SERVER]
OFF = {
    "scans": "enable_indexscan enable_indexonlyscan enable_bitmapscan",
    "indexes": "enable_seqscan",
    "nested loops": "enable_hashjoin enable_mergejoin enable_memoize",
    "hashes": "enable_nestloop enable_mergejoin",
    "merges": "enable_nestloop enable_hashjoin",
    "sorts": "enable_hashagg enable_incremental_sort enable_material",
}
METHODS = {name: dict.fromkeys(settings.split(), "off") for name, settings in OFF.items()}
# The genetic optimizer with hardly any search: joins in one order or another.
ANY_ORDER = {"geqo_threshold": "2", "geqo_pool_size": "2", "geqo_generations": "1"}
METHODS |= {f"order {n}": ANY_ORDER | {"geqo_seed": f"0.{n}"} for n in (1, 2)}
VIEWER = "insert into users (username, email, password_hash) values ('viewer', 'v@example.org', '') returning id"
OTHERS = """
insert into users (username, email, password_hash)
select 'u' || n, 'u' || n || '@example.org', '' from generate_series(11, 30) as n;
insert into athletes (user_id, name, zone) select u.id, u.username, 'UTC' from users as u where u.id > 1;
insert into teams (name) select 't' || n from generate_series(1, 20) as n;
insert into team_members (team_id, user_id, role)
select t.id, u.id, 'coach' from teams as t, users as u where u.id % 4 = t.id % 4;
"""
LEAVE = "delete from teams; delete from users where id > (select min(id) from users)"


@pytest.fixture(scope="module")
def servers(cluster: EmbeddedPostgres, worker: str) -> Iterator[tuple[Session, psycopg.Connection[Any]]]:
    """As the application, and as whoever may do everything."""
    name = f"plans_{worker}"
    create_database(cluster, name, owner="workouts_owner")
    migrate(cluster.dsn(name, "workouts_migrator"))
    with (
        session(cluster.dsn(name, "workouts_app"), read_only=True) as server,
        psycopg.connect(cluster.dsn(name), autocommit=True, options="-c search_path=workouts,extensions") as owner,
    ):
        owner.execute(
            "with u as (" + VIEWER + ") insert into athletes (user_id, name, zone) select id, 'v', 'UTC' from u"
        )
        yield server, owner


@contextmanager
def planned(server: Session, method: str) -> Iterator[None]:
    for name, value in METHODS[method].items():
        server.conn.execute(f"set {name} = {value}")
    try:
        yield
    finally:
        for name in METHODS[method]:
            server.conn.execute(f"reset {name}")


def answer(server: Session, file: QueryFile) -> object:
    """The rows, or the state and the words of the refusal."""
    server.set_plan_mode(plan_mode(file))
    with server.prepared(file, server.values(file)) as execute:
        try:
            return server.conn.execute(execute).fetchall()
        except psycopg.Error as error:
            return error.sqlstate, str(error).splitlines()[0]


@pytest.mark.parametrize("others", ["nobody", "others", "others who left"])
def test_every_plan_gives_the_same_answer_about_what_does_not_exist(
    servers: tuple[Session, psycopg.Connection[Any]], others: str
) -> None:
    """Statistics of an empty table, of a small one, and of one that was emptied: each has its own orders of joins."""
    server, owner = servers
    owner.execute(LEAVE)
    if others != "nobody":
        owner.execute(OTHERS)
    if others == "others who left":
        owner.execute(LEAVE)
    owner.execute("delete from teams where id = 1; delete from athletes where id = 2")  # those of the samples
    owner.execute("analyze")
    expected = {file.place: answer(server, file) for file in FILES}
    for method in METHODS:
        with planned(server, method):
            found = {file.place: answer(server, file) for file in FILES}
        differing = {place: (expected[place], found[place]) for place in found if found[place] != expected[place]}
        assert differing == {}, method
