"""What a database holds is shown on a terminal, and steers none: names, comments, values and what others run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import make_conninfo

from tests.processes import wait_until
from workouts_api.cli import workouts
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.host.terminal import visible
from workouts_api.migrate import migrate

EVIL = "\x1b]0;owned\x07\x1b[2J\n-- \u202edrop"
SEEN = r"\x1b]0;owned\x07\x1b[2J\n-- \u202edrop"
_ILL = """
create table workouts.{evil} (a bigint generated always as identity primary key, note text);
alter table workouts.{evil} replica identity nothing;
create index {index} on workouts.{evil} (note);
create index {twin} on workouts.{evil} (note);
comment on table workouts.{evil} is {text};
insert into workouts.{evil} (note) select n::text from generate_series(1, 20000) as n;
vacuum (analyze) workouts.{evil};
grant select on workouts.{evil} to workouts_app;
"""
_FILE = "-- One.\n-- @returns one\n-- @readonly\nselect count(*) as n, {0} as told from sessions where title < {0}"


@pytest.mark.parametrize("text", ["", "héé – 漢字 \u00a0 ✓", "plain"])
def test_what_steers_nothing_stays(text: str) -> None:
    assert visible(text) == text


def test_what_a_terminal_obeys_is_shown_as_its_escape() -> None:
    assert visible(EVIL) == SEEN
    assert visible("a\tb\nc\x9b31m\u2028", keeps="\n\t") == "a\tb\nc\\x9b31m\\u2028"


@pytest.fixture(scope="module")
def dsn(cluster: EmbeddedPostgres, template: str, worker: str) -> Iterator[str]:
    name = f"hostile_{worker}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"create database {name} template {template} owner workouts_owner".encode())
        migrate(cluster.dsn(name, "workouts_migrator"))
        with psycopg.connect(cluster.dsn(name), autocommit=True) as conn:
            named = {"evil": EVIL, "index": f"{EVIL}_1", "twin": f"{EVIL}_2"}
            quoted = {key: '"' + value + '"' for key, value in named.items()}
            for statement in _ILL.strip().split(";\n"):
                conn.execute(statement.rstrip(";").format(**quoted, text=f"E'{SEEN}'").encode())
        yield make_conninfo(cluster.dsn(name), user="workouts_dba")
        admin.execute(f"drop database {name} with (force)".encode())


def output(*arguments: str) -> str:
    return CliRunner().invoke(workouts, arguments, catch_exceptions=False).output


@pytest.mark.parametrize("command", ["sql advise", "sql advise --migration", "db drift", "db doctor"])
def test_names_and_comments_of_the_database_steer_no_terminal(dsn: str, command: str) -> None:
    told = output(*command.split(), "--database-url", dsn)
    assert SEEN in told
    assert visible(told, keeps="\n") == told


def test_a_name_does_not_leave_its_comment_in_a_migration(dsn: str) -> None:
    told = output("sql", "advise", "--migration", "--database-url", dsn)
    assert not [line for line in told.splitlines() if line.startswith("-- \u202e")]


def test_values_and_plans_steer_no_terminal(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "queries" / "a").mkdir(parents=True)
    for name, text in (("get_one", f"E'{SEEN}'"), ("get_two", "'x'")):
        (tmp_path / "queries" / "a" / f"{name}.sql").write_text(_FILE.format(text))
    where = ("--database-url", dsn, "--queries", str(tmp_path / "queries"))
    for command in (
        ("explain", "a.get_one"),
        ("explain", "a.get_one", "--custom", "--generic"),
        ("compare", "a.get_one", "a.get_two"),
    ):
        told = output("sql", *command, *where)
        assert SEEN.split(r"\n")[0] in told, told  # the line breaks of a plan stay
        assert visible(told, keeps="\n\t") == told


def test_what_others_run_steers_no_terminal(dsn: str) -> None:
    other = psycopg.connect(make_conninfo(dsn, user="postgres"), autocommit=True)
    statement = f"select pg_sleep(60), '{EVIL.split(chr(10))[0]}'"
    thread = threading.Thread(target=_run, args=(other, statement), daemon=True)
    thread.start()
    try:
        wait_until(lambda: "pg_sleep" in output("sql", "live", "--database-url", dsn), "the other session")
        told = output("sql", "live", "--database-url", dsn)
    finally:
        other.cancel()
        thread.join(20)
        other.close()
    assert SEEN.split(r"\n")[0] in told
    assert visible(told, keeps="\n") == told


def _run(conn: psycopg.Connection[object], statement: str) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled):
        conn.execute(statement.encode())
