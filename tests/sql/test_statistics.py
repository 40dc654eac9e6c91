"""Every statement seen on the server names its file: pg_stat_activity and pg_stat_statements, oldest and newest."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.attribution import forget_statements
from tests.postgres import ROLES
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.migrate import migrate
from workouts_api.sql.files import QueryFile

from .conftest import create_database

Read = Callable[..., QueryFile]

OWN_ACTIVITY = """-- What the server shows of this very statement.
-- @param marker text = 'x'
-- @returns value
-- @readonly
select a.query
from pg_stat_activity as a
where a.pid = pg_backend_pid()
  and :marker <> '{padding}'
"""


def test_pg_stat_activity_names_the_file_even_of_a_statement_that_is_cut_off(read: Read, any_dsn: str) -> None:
    file = read(OWN_ACTIVITY.format(padding="long " * 500))
    with psycopg.connect(any_dsn, cursor_factory=psycopg.RawCursor) as conn:
        shown = conn.execute(file.statement.encode(), ["y"]).fetchone()
    assert shown is not None
    assert len(shown[0]) < len(file.statement)
    assert shown[0].startswith(f"select /* training.get_set@{file.digest} */ a.query")


def test_pg_stat_statements_names_the_file(read: Read, any_dsn: str) -> None:
    file = read(
        "-- Sets of an athlete.\n-- /* a remark */\n-- @param id bigint = 1\n-- @returns many\n-- @readonly\n"
        "with one as (select :id::bigint as id)\nselect s.reps from sets as s, one as o\n"
        "where s.athlete_id = o.id limit 7\n"
    )
    with psycopg.connect(any_dsn, cursor_factory=psycopg.RawCursor, autocommit=True) as conn:
        conn.execute("set search_path = workouts, extensions")
        forget_statements(conn)
        conn.execute(file.statement.encode(), [1])
        found = conn.execute(
            "select s.query from pg_stat_statements as s"
            " where s.query ~ 'training[.]get_set@' and s.calls = 1"
            " and s.dbid = (select d.oid from pg_database as d where d.datname = current_database())"
        ).fetchall()
    assert [row[0].splitlines()[0] for row in found] == [f"with {file.tag} one as (select $1::bigint as id)"]


def test_roles_sql_makes_them_in_the_applications_database(cluster: EmbeddedPostgres, worker: str) -> None:
    """Twice, as it is said to be safe; the DBA's role reads them without a schema's name."""
    name = f"sql_statistics_{worker}"
    create_database(cluster, name, owner="workouts_owner")
    with psycopg.connect(cluster.dsn(name), autocommit=True) as admin:
        for _ in range(2):
            admin.execute("select pg_advisory_lock(hashtext('roles.sql'))")
            admin.execute(ROLES.read_bytes())
            admin.execute("select pg_advisory_unlock(hashtext('roles.sql'))")
    migrate(cluster.dsn(name, "workouts_migrator"))
    with psycopg.connect(cluster.dsn(name, "workouts_dba"), autocommit=True) as dba:
        assert any(_is_counted(dba, name) for _ in range(5))  # other tests reset all counts at any moment
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            dba.execute("delete /* by hand */ from sets")
        dba.execute("begin read write; set local role workouts_app")
        dba.execute("delete /* by hand */ from sets")
        dba.execute("rollback")


def _is_counted(dba: psycopg.Connection, mark: str) -> bool:
    dba.execute(f"select /* by hand */ 1 as {mark}".encode())
    asked = "select /* by hand */ count(*) > 0 from pg_stat_statements as s where s.query like %s"
    seen = dba.execute(asked, [f"%1 as {mark}"])
    return bool(seen.fetchone() == (True,))
