"""``workouts sql``: what the DBA types and reads."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from workouts_api.config import ConfigurationError
from workouts_api.dba import target
from workouts_api.dba.commands import sql
from workouts_api.dba.commands.shared import write_whole
from workouts_api.host.embedded import EmbeddedPostgres

Write = Callable[..., Path]
Run = Callable[..., Result]

LIST_SETS = """-- An athlete's sets [all of them].
-- @param athlete_id bigint = 1
-- @param day date? = null
-- @returns many
-- @timeout 500ms
-- @plan custom
-- @readonly
-- @budget plan: no_seqscan(sets) max_cost=500
-- @budget run: buffers<=500 rows_removed<=50000
-- @sample tenth: athlete_id = (select a.id from athletes as a where a.id = 10), day = null
-- @sample nobody: athlete_id = (select a.id from athletes as a where a.id < 0)
-- @budget run(tenth): buffers<=400
select s.set_no
from sets as s
where s.athlete_id = :athlete_id and :day::date is null
limit 5
"""
ADD_ATHLETE = """-- Adds an athlete.
-- @param name text = 'new'
-- @returns one
-- @writes
-- @deprecated use put_athlete
insert into athletes (name)
values (:name)
returning id
"""


@pytest.fixture
def run(root: Path, newest_dsn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command on the test's folder; ``here`` adds the test's database."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DATABASE_URL_FILE", "SSH_HOST", "JWT_SECRET_KEY", "JWT_SECRET_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORKOUTS_DATA_DIR", str(tmp_path / "data"))

    def run(command: str, *arguments: str, here: bool = True) -> Result:
        database = ["--database-url", newest_dsn] if here and command not in ("list", "show") else []
        return CliRunner().invoke(sql, [command, *arguments, "--queries", str(root), *database])

    return run


@pytest.fixture
def files(write: Write) -> None:
    write(LIST_SETS, "training/list_sets")
    write(ADD_ATHLETE, "athletes/add_athlete")


# ── list and show ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("files")
def test_list_gives_each_query_a_line_that_grep_finds(run: Run) -> None:
    lines = run("list").output.splitlines()
    assert [line.split()[0] for line in lines] == ["query", "athletes.add_athlete", "training.list_sets"]
    assert "Adds an athlete. DEPRECATED: use put_athlete" in lines[1]
    words = " ".join(lines[2].split())
    assert words == (
        "training.list_sets An athlete's sets [all of them]. athlete_id day? many readonly custom "
        "no_seqscan(sets) max_cost=500 buffers<=500 rows_removed<=50000 buffers(tenth)<=400 timeout=0.5s"
    )


@pytest.mark.usefixtures("files")
def test_list_as_json_holds_what_the_files_say(run: Run) -> None:
    found = json.loads(run("list", "--json").output)
    assert [query["name"] for query in found] == ["athletes.add_athlete", "training.list_sets"]
    assert (found[0]["writes"], found[0]["deprecated"], found[0]["budgets"]) == (True, "use put_athlete", [])
    assert found[1]["parameters"][1] == {"name": "day", "type": "date", "nullable": True, "sample": "null"}
    assert found[1]["samples"]["nobody"] == {"athlete_id": "(select a.id from athletes as a where a.id < 0)"}
    assert found[1]["timeout_s"] == 0.5


@pytest.mark.usefixtures("files")
def test_show_prints_the_file_what_is_sent_or_psqls_script(run: Run) -> None:
    assert run("show", "training.list_sets").output == LIST_SETS
    sent = run("show", "queries/training/list_sets.sql", "--sent")
    assert sent.stdout.startswith("select /* training.list_sets@")
    assert sent.stderr == "-- $1: athlete_id\n-- $2: day\n"
    assert run("show", "training.list_sets", "--psql").output.startswith("\\set athlete_id '(1::bigint)'\n")
    assert run("show", "training.list_sets", "--psql", "--sent").exit_code == 2
    named = run("show", "training.list_sets", "--sample", "tenth").output
    assert named.startswith("\\set athlete_id '(((select a.id from athletes as a where a.id = 10))::bigint)'\n")


@pytest.mark.usefixtures("files")
def test_an_unknown_name_is_answered_with_the_nearest(run: Run) -> None:
    result = run("show", "training.list_set")
    assert (result.exit_code, result.output) == (
        1,
        "Error: There is no query 'training.list_set': did you mean training.list_sets?\n",
    )


@pytest.mark.parametrize("command", ["list", "check", "stubs"])
def test_broken_files_are_listed_without_a_traceback(run: Run, write: Write, command: str) -> None:
    write("select :a")
    result = run(command)
    assert result.exit_code == 1
    assert result.output.splitlines()[0].startswith("queries/training/get_set.sql:1: no summary")


# ── check ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("files")
def test_check_says_that_all_is_in_order(run: Run) -> None:
    result = run("check", "--budgets")
    assert (result.exit_code, result.stdout) == (0, "2 query files are in order.\n")
    assert result.stderr == (
        "Not measured: queries/training/list_sets.sql:11: the sample nobody finds no athlete_id in this database\n"
    )
    assert run("check", "athletes.add_athlete").output == "1 query file is in order.\n"


@pytest.mark.usefixtures("files")
def test_check_gives_each_problem_a_line_and_ends_with_1(run: Run, write: Write) -> None:
    more = LIST_SETS.replace("select s.set_no", "select s.reps").replace("limit 5", "offset 5")
    write(more.replace("buffers<=500", "buffers<=0"), "training/list_more")
    result = run("check", "--budgets")
    assert result.exit_code == 1
    assert [line.split(": ")[0] for line in result.stdout.splitlines()] == [
        *("queries/training/list_more.sql:4:4", "queries/training/list_more.sql:16:1"),
        "queries/training/list_more.sql:9:4",
    ]
    assert run("check", "training.list_sets").exit_code == 0
    assert run("check", "training.list_more").exit_code == 1
    assert run("check", "training.nothing").exit_code == 1


def test_150_files_are_checked_within_5_seconds_of_the_processor(run: Run, write: Write) -> None:
    import time

    for n in range(150):
        write(LIST_SETS.replace("limit 5", f"limit 5 + {'1 + ' * n}1"), f"training/list_sets_{n}")
    started = time.process_time()  # which other processes don't lengthen
    result = run("check")
    assert (result.exit_code, result.output) == (0, "150 query files are in order.\n")
    assert time.process_time() - started < 5


# ── stubs ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("files")
def test_a_stub_is_written_and_its_drift_is_told(run: Run, write: Write, tmp_path: Path) -> None:
    stub = tmp_path / "made.pyi"
    assert run("stubs", "--check", "--output", str(stub)).exit_code == 1
    assert not stub.exists()
    assert "was written" in run("stubs", "--output", str(stub)).output
    assert run("stubs", "--check", "--output", str(stub)).output == "made.pyi is up to date.\n"
    write(LIST_SETS.replace("athlete_id", "runner_id").replace("s.runner_id", "s.athlete_id"), "training/list_sets")
    drifted = run("stubs", "--check", "--output", str(stub))
    assert drifted.exit_code == 1
    assert "-    def list_sets(self, *, athlete_id: int" in drifted.output
    assert "+    def list_sets(self, *, runner_id: int" in drifted.output
    assert drifted.output.endswith("Error: made.pyi is out of date: run `workouts sql stubs`\n")


@pytest.mark.usefixtures("files")
def test_a_stub_that_cannot_be_written_is_a_line(run: Run, tmp_path: Path) -> None:
    result = run("stubs", "--output", str(tmp_path / "nowhere" / "made.pyi"))
    assert result.exit_code == 1
    assert result.output.endswith("can't be written: No such file or directory\n")


def test_a_file_that_the_server_refuses_is_a_line(run: Run, write: Write) -> None:
    write("-- One.\n-- @returns one\n-- @readonly\nselect 1 as a from nothing")
    result = run("stubs")
    assert (result.exit_code, result.output) == (1, 'Error: relation "nothing" does not exist\n')


# ── explain and psql ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("files")
def test_explain_takes_values_and_gives_text_or_json(run: Run) -> None:
    assert "athlete_id = '3'::bigint" in run("explain", "training.list_sets", "--set", "athlete_id=3").output
    assert "athlete_id = $1" in run("explain", "training.list_sets", "--generic").output
    assert "athlete_id = '10'::bigint" in run("explain", "training.list_sets", "--sample", "tenth").output
    plan = json.loads(run("explain", "training.list_sets", "--analyze", "--json").output)
    assert plan["Plan"]["Actual Loops"] == 1


@pytest.mark.usefixtures("files")
def test_explain_shows_both_plans_or_draws_them(run: Run, write: Write, tmp_path: Path) -> None:
    both = run("explain", "training.list_sets", "--custom", "--generic").output
    custom, generic = both.split("\n\nGeneric plan:\n")
    assert custom.startswith("Custom plan:\n")
    assert ("'1'::bigint" in custom, "$1" in generic) == (True, True)
    plans = json.loads(run("explain", "training.list_sets", "--custom", "--generic", "--json").output)
    assert list(plans) == ["custom", "generic"]
    assert run("explain", "training.list_sets", "--html", "plan.html").output == "plan.html was written.\n"
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert ("custom plan" in page, "generic plan" in page) == (True, True)
    assert page.index("custom plan") < page.index("generic plan")
    generic_file = (
        "-- One set.\n-- @returns maybe\n-- @plan generic\n-- @readonly\nselect s.set_no from sets as s limit 1\n"
    )
    write(generic_file, "training/get_one")
    run("explain", "training.get_one", "--html", "plan.html")
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert page.index("generic plan") < page.index("custom plan"), "the first to be seen is the application's"
    refused = run("explain", "training.list_sets", "--html", "no/folder.html")
    assert (refused.exit_code, refused.output) == (
        1,
        "Error: no/folder.html can't be written: No such file or directory\n",
    )
    misspelt = run("explain", "training.list_sets", "--set", "athlete=1")
    assert misspelt.exit_code == 1
    assert "there is no parameter athlete: the file has " in misspelt.output


def test_what_is_written_leaves_links_and_devices_what_they_are(tmp_path: Path) -> None:
    page, link = tmp_path / "page.html", tmp_path / "link.html"
    page.write_text("old")
    link.symlink_to(page)
    write_whole(link, "new")
    assert (link.is_symlink(), page.read_text()) == (True, "new")
    ours, theirs = os.openpty()
    terminal = Path(os.ttyname(theirs))
    write_whole(terminal, "shown")
    assert (terminal.is_char_device(), os.read(ours, 100)) == (True, b"shown")
    os.close(ours)
    os.close(theirs)


@pytest.mark.usefixtures("files")
def test_explain_of_a_write_leaves_nothing(run: Run, newest_dsn: str) -> None:
    assert "Buffers" in run("explain", "athletes.add_athlete", "--analyze", "--set", "name=ghost=1").output
    with psycopg.connect(newest_dsn) as conn:
        assert conn.execute("select count(*) from workouts.athletes where name = 'ghost=1'").fetchone() == (0,)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--set", "athlete_id"], 2, "--set athlete_id: expected NAME=VALUE"),
        (["--set", "athlete_id=x"], 1, "the value of athlete_id is no bigint: invalid input syntax"),
        (["--sample", "all"], 1, "list_sets.sql: there is no sample all, the file has tenth, nobody"),
        (["--sample", "nobody"], 1, "the sample nobody finds no athlete_id in this database"),
    ],
)
def test_explain_refuses_what_it_cannot_use(run: Run, arguments: list[str], code: int, message: str) -> None:
    result = run("explain", "training.list_sets", *arguments)
    assert result.exit_code == code
    assert message in result.output


@pytest.mark.usefixtures("files")
def test_an_unreachable_database_is_a_line(run: Run) -> None:
    result = run("explain", "training.list_sets", "--database-url", "host=/nowhere dbname=x", here=False)
    assert result.exit_code == 1
    assert result.output.startswith("Error: the database of --database-url: connection is bad: connection to server")
    assert result.output.count("\n") == 1


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("command", ["explain", "check", "budget", "bench"])
def test_a_database_without_our_schema_says_what_to_do_once(
    run: Run, cluster: EmbeddedPostgres, newest_dsn: str, command: str
) -> None:
    result = run(command, "training.list_sets", "--database-url", cluster.dsn("template1"), here=False)
    assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
    assert "has no schema workouts: expected `workouts db migrate`" in result.output
    with psycopg.connect(newest_dsn, autocommit=True) as admin:
        admin.execute("drop role if exists stranger")
        admin.execute("create role stranger login")
    strange = make_conninfo(newest_dsn, user="stranger")
    result = run(command, "training.list_sets", "--database-url", strange, here=False)
    assert (result.exit_code, "sign in as workouts_dba" in result.output) == (1, True), result.output


def test_a_budget_of_which_nothing_was_measured_is_not_kept(run: Run, write: Write) -> None:
    write(
        "-- None.\n-- @returns one\n-- @readonly\n-- @budget run: buffers<=5\nselect 1 / 0 as a", "training/get_fault"
    )
    result = run("budget")
    assert (result.exit_code, "division by zero" in result.output) == (1, True), result.output
    assert "nothing could be measured" in result.output


@pytest.mark.usefixtures("files")
def test_psql_is_started_with_the_samples_and_its_exit_code_is_ours(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    psql = tmp_path / "bin" / "psql"
    psql.parent.mkdir()
    psql.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" "$PGPASSWORD" > {seen}\nexit 7\n')
    psql.chmod(psql.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{psql.parent}:/bin:/usr/bin")
    url = "postgresql://me:hidden@db.example/workouts"
    result = run("psql", "training.list_sets", "--database-url", url, here=False)
    assert result.exit_code == 7
    assert result.output == f"Run it as often as you like: \\i {tmp_path}/queries/training/list_sets.sql\n"
    assert seen.read_text().splitlines() == [
        "user=me dbname=workouts host=db.example",
        *("-v", "athlete_id=(1::bigint)", "-v", "day=(null::date)", "hidden"),
    ]
    assert run("psql").exit_code == 7
    run("psql", "training.list_sets", "--sample", "tenth")
    assert "athlete_id=(((select a.id from athletes as a where a.id = 10))::bigint)" in seen.read_text()
    assert "there is no sample all" in run("psql", "training.list_sets", "--sample", "all").output


def test_psql_that_is_missing_is_a_line(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from workouts_api.host import embedded

    monkeypatch.setattr(embedded, "find_binaries", lambda: embedded.Binaries(tmp_path, 18))
    monkeypatch.setenv("PATH", "/nowhere")
    result = run("psql")
    assert (result.exit_code, result.output[:26]) == (1, "Error: there is no psql: e")


# ── which database ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("files")
def test_the_database_of_the_settings_is_used(run: Run, monkeypatch: pytest.MonkeyPatch, newest_dsn: str) -> None:
    parts = psycopg.conninfo.conninfo_to_dict(newest_dsn)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://postgres@/{parts['dbname']}?host={parts['host']}")
    assert run("check", here=False).output == "2 query files are in order.\n"


def test_wrong_settings_are_still_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://x")
    result = run("check", here=False)
    assert isinstance(result.exception, ConfigurationError)


def test_a_tunnel_that_is_down_is_a_line(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("")
    for name, value in {
        "DATABASE_URL": "postgresql://me@db/x?sslmode=require",
        "SSH_HOST": "bastion",
        "SSH_USER": "me",
        "SSH_KEY_FILE": str(key),
        "SSH_KNOWN_HOSTS_FILE": str(key),
        "TUNNEL_DIR": str(tmp_path / "tunnel"),
    }.items():
        monkeypatch.setenv(name, value)
    result = run("check", here=False)
    assert result.exit_code == 1
    assert result.output.startswith("Error: the tunnel has not said")
    assert result.output.count("\n") == 1


@pytest.mark.processes
def test_without_a_database_a_throw_away_one_is_migrated_and_removed(
    run: Run, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        "-- Whether there is a schema.\n-- @returns value\n-- @readonly\n"
        "select 'workouts.athletes'::regclass::text as name"
    )
    places = Path(tempfile.mkdtemp(prefix="wt-"))  # others use the usual place meanwhile
    places.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(places))
    explained = run("explain", "training.get_set", here=False)
    assert (explained.exit_code, explained.stdout.splitlines()[0]) == (0, "Result  (cost=0.00..0.01 rows=1 width=32)")
    assert explained.stderr == "The database is empty: the plan is that of empty tables.\n"
    places.rmdir()  # nothing is left in it
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("files")
def test_budgets_of_an_empty_database_are_said_to_mean_little(
    run: Run, monkeypatch: pytest.MonkeyPatch, newest_dsn: str
) -> None:
    @contextmanager
    def throwaway() -> Iterator[target.Target]:
        yield target.Target(newest_dsn, "a throw-away database", is_empty=True)

    monkeypatch.setattr(target, "throwaway", throwaway)
    checked = run("check", "--budgets", here=False)
    assert checked.stdout == "2 query files are in order.\n"
    assert checked.stderr == "The budgets were measured on an empty database: they say little.\n"


@pytest.mark.processes
def test_the_embedded_database_comes_before_a_throw_away_one_where_data_matter(
    run: Run, write: Write, tmp_path: Path
) -> None:
    from workouts_api.host.bare_machine import DATABASE, embedded_database

    write("-- One.\n-- @returns value\n-- @readonly\nselect current_database() as name")
    with embedded_database(tmp_path / "data") as server:
        with psycopg.connect(server.dsn(DATABASE), autocommit=True) as conn:
            conn.execute("create schema workouts")
            conn.execute("grant usage on schema workouts to workouts_app")
        result = run("explain", "training.get_set", here=False)
    server.delete()
    assert (result.exit_code, result.stderr) == (0, "")


def test_what_keeps_a_server_from_starting_is_a_line(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "data" / target.EMBEDDED_FOLDER
    folder.mkdir(parents=True)
    (folder / "users.lock").mkdir()
    result = run("psql", here=False)
    shutil.rmtree(folder)
    assert (result.exit_code, result.output[:7]) == (1, "Error: ")


@pytest.mark.processes
def test_migrations_that_fail_are_a_line(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from workouts_api import migrate

    def fails(_conninfo: str) -> None:
        raise migrate.MigrationError("0001 is wrong")

    monkeypatch.setattr(migrate, "migrate", fails)
    write("-- One.\n-- @returns value\n-- @readonly\nselect 1 as a")
    result = run("check", here=False)
    assert result.output == "Error: the throw-away database could not be migrated: 0001 is wrong\n"
