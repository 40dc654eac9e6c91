"""``workouts db …``: what is asked and shown, and that errors are one line without a traceback."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from workouts_api.cli import workouts
from workouts_api.migrate import Event, migrate
from workouts_api.migrate.show import Reporter

from .conftest import Database, Folder
from .test_stepwise import NO_TRANSACTION

ROOT = Path(__file__).parent.parent.parent


def run(*arguments: str | Path, answer: str | None = None) -> Result:
    result = CliRunner().invoke(workouts, ["db", *map(str, arguments)], input=answer)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def where(database: Database, folder: Folder) -> tuple[str | Path, ...]:
    return "--database-url", database.url, "--migrations", folder.path


def squeezed(text: str) -> list[str]:
    """Lines with single blanks, without the lines of a table."""
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.splitlines())
    return [line for line in lines if line and not set(line) <= set("─ ")]


@pytest.fixture
def files(folder: Folder) -> Folder:
    folder.add("0001_create_a", "create table a (id int);", "drop table a cascade;")
    folder.add("0002_index_a", "create index concurrently i on a (id);", "drop index i;", options=NO_TRANSACTION)
    folder.repeat("view_of_a", "create or replace view v as select id from a;")
    return folder


def test_migrate_says_what_it_does_and_a_second_one_that_there_is_nothing_to_do(
    database: Database, files: Folder
) -> None:
    first = run("migrate", *where(database, files))
    assert first.exit_code == 0
    assert "0001_create_a.sql begins" in squeezed(first.output)
    assert re.search(r"^3 files applied in \d+ ms\.$", first.output, re.MULTILINE)
    assert run("migrate", *where(database, files)).output == "Nothing to do.\n"


def test_a_dry_run_lists_files_and_applies_nothing(database: Database, files: Folder) -> None:
    lines = squeezed(run("migrate", "--dry-run", *where(database, files)).output)
    assert lines == [
        "file statements how",
        "0001_create_a.sql 1 in one transaction",
        "0002_index_a.sql 1 one at a time",
        "repeatable/view_of_a.sql 1 in one transaction",
    ]
    assert len(squeezed(run("migrate", "--dry-run", "--to", "1", *where(database, files)).output)) == 2
    assert database.value("select to_regnamespace('workouts') is null")


def test_a_dry_run_names_contradictions_and_says_when_there_is_nothing(database: Database, files: Folder) -> None:
    run("migrate", *where(database, files))
    assert run("migrate", "--dry-run", *where(database, files)).output == "Nothing to do.\n"
    files.add("0001_create_a", "create table a (id bigint);")
    assert "0001_create_a.sql: changed" in run("migrate", "--dry-run", *where(database, files)).output


def test_migrate_stops_where_it_is_told(database: Database, files: Folder) -> None:
    assert re.search(r"1 file applied", run("migrate", "--to", "1", *where(database, files)).output)
    result = run("migrate", "--to", "7", *where(database, files))
    assert (result.exit_code, squeezed(result.output)[-1]) == (
        2,
        "Error: Invalid value for --to: 7: the newest file is 2",
    )


def test_files_run_by_hand_are_recorded(database: Database, files: Folder) -> None:
    assert "3 files recorded in " in run("migrate", "--record-only", *where(database, files)).output
    assert database.columns("workouts.a") == []


def test_an_error_is_one_line_and_the_exit_code_1(database: Database, files: Folder) -> None:
    files.add("0003_break", "create tabel c (id int);")
    result = run("migrate", *where(database, files))
    assert result.exit_code == 1
    assert squeezed(result.output)[-1] == 'Error: 0003_break.sql:2: 42601: syntax error at or near "tabel"'


def test_status_shows_each_file(database: Database, files: Folder) -> None:
    run("migrate", "--to", "1", *where(database, files))
    result = run("status", *where(database, files))
    lines = squeezed(result.output)
    assert lines[0] == "file state when by took"
    assert re.fullmatch(r"0001_create_a applied 20\S+ \S+ workouts_migrator \d+ ms", lines[1])
    assert lines[2:] == [
        "0002_index_a pending",
        "repeatable/view_of_a pending",
        "The database is at 0001; these files need 0002.",
    ]
    assert result.exit_code == 0
    assert run("status", "--check", *where(database, files)).exit_code == 1
    run("migrate", *where(database, files))
    assert run("status", "--check", *where(database, files)).exit_code == 0


def test_status_tells_of_what_stopped_half_way_what_is_changed_and_what_is_newer(
    database: Database, files: Folder
) -> None:
    run("migrate", *where(database, files))
    newer = files.add("0003_fill_a", "select 1;\nselect 1 / 0;", options=NO_TRANSACTION)
    run("migrate", *where(database, files))
    database.run("update workouts.schema_unfinished set batch_rows = 70")
    assert (
        "0003 stopped half-way up, after 1 statements and 70 rows; `workouts db migrate` goes on."
        in run("status", *where(database, files)).output
    )
    files.add("0003_fill_a", "select 1;\nselect 2;", options=NO_TRANSACTION)
    run("migrate", *where(database, files))
    newer.unlink()
    files.add("0001_create_a", "create table a (id bigint);")
    output = run("status", *where(database, files)).output
    assert "applied by a newer release" in output
    assert "0001_create_a.sql: changed since it was applied" in output


def test_rollback_asks_first(database: Database, files: Folder) -> None:
    run("migrate", *where(database, files))
    refused = run("rollback", *where(database, files), answer="n\n")
    assert "Undo 0002_index_a? [y/N]" in refused.output
    assert refused.exit_code == 1
    assert re.search(r"1 file rolled back", run("rollback", *where(database, files), answer="y\n").output)
    assert re.search(r"1 file rolled back", run("rollback", "--yes", *where(database, files)).output)
    assert run("rollback", "--yes", *where(database, files)).output == "Nothing to do.\n"


def test_plan_names_lock_rewrite_and_size_uncut(database: Database, files: Folder) -> None:
    run("migrate", *where(database, files))
    database.run("insert into workouts.a select i from generate_series(1, 9000) as i; analyze workouts.a")
    files.add("0003_type_a", "drop view v;\nalter table a alter column id type bigint;\ncreate table b (id int);")
    files.add("0004_analyze_a", "vacuum a;", options=NO_TRANSACTION)
    files.repeat("view_of_a", "create or replace view v as select id, 1 as n from a;")
    output = run("plan", "--scratch-url", database.server, *where(database, files)).output
    (line,) = [line for line in squeezed(output) if line.startswith("0003_type_a.sql:3")]
    assert line.startswith(
        "0003_type_a.sql:3 alter table a alter column id type bigint a AccessExclusiveLock "
        "reads and writes rewrites scans 9,000 "
    )
    assert line.endswith(" KiB")
    assert "5 statements; 3 without a lock on a table that is there now." in output
    assert "Held up by a lock are the application's statements by: 0003_type_a.sql:3" in output


def test_plan_of_nothing_says_so(database: Database, files: Folder) -> None:
    run("migrate", *where(database, files))
    output = run("plan", "--scratch-url", database.server, *where(database, files)).output
    assert output == "Nothing to do: the database is at 0002.\n"


def test_a_plan_that_touches_nothing_has_no_table(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    output = run("plan", "--scratch-url", database.server, *where(database, folder)).output
    assert squeezed(output)[0] == "1 statement; 1 without a lock on a table that is there now."


def test_verify_counts_files(database: Database, files: Folder) -> None:
    files.add("0003_fill_a", "insert into a values (1);")
    output = run("verify", "--scratch-url", database.server, "--migrations", files.path).output
    assert "2 files can be taken back." in output
    assert "Without a down: 0003_fill_a.sql" in output


def test_dump_writes_checks_and_prints(database: Database, files: Folder, tmp_path: Path) -> None:
    path = tmp_path / "schema.sql"
    options = ("--migrations", files.path, "--scratch-url", database.server)
    assert run("dump", "--output", path, *options).output == f"{path}\n"
    assert "create table a (" in path.read_text()
    assert run("dump", "--check", "--output", path, *options).exit_code == 0
    assert run("dump", "--output", "-", *options).output == path.read_text()
    run("migrate", *where(database, files))
    assert run("dump", "--output", "-", *where(database, files)).output == path.read_text()
    path.write_text("changed")
    result = run("dump", "--check", "--output", path, *options)
    assert (result.exit_code, "is not the schema that the migrations make" in result.output) == (1, True)
    nowhere = run("dump", "--output", tmp_path / "nowhere" / "schema.sql", *options)
    assert squeezed(nowhere.output)[-1].endswith("can't be written: No such file or directory")


def test_new_takes_the_next_number_and_its_template_is_a_migration_once_filled(
    database: Database, files: Folder
) -> None:
    path = Path(run("new", "add_zone", "--migrations", files.path).output.strip())
    assert path.name == "0003_add_zone.sql"
    path.write_text(path.read_text().replace("migrate:up\n\n", "migrate:up\ncreate table c (id int);\n"))
    assert "4 files applied" in run("migrate", *where(database, files)).output


def test_new_begins_an_empty_folder_at_one_and_refuses_other_names(folder: Folder) -> None:
    assert run("new", "create_users", "--migrations", folder.path).output.strip().endswith("/0001_create_users.sql")
    result = run("new", "Users", "--migrations", folder.path)
    assert result.exit_code == 1
    assert result.output == "Error: Users: expected a verb and a noun, such as create_measurements\n"


def test_a_url_that_is_none_is_refused(files: Folder) -> None:
    result = run("status", "--database-url", "nonsense", "--migrations", files.path)
    assert result.exit_code == 2
    assert "expected postgresql://user@host/database" in result.output


def test_database_url_of_the_environment_is_used(
    database: Database, files: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKOUTS_DATA_DIR", str(tmp_path / "data"))
    socket = dict(part.split("=") for part in database.url.split())
    url = f"postgresql://{socket['user']}@/{socket['dbname']}?host={socket['host']}&port={socket['port']}"
    monkeypatch.setenv("DATABASE_URL", url)
    assert "3 files applied" in run("migrate", "--migrations", files.path).output
    assert database.columns("workouts.a") == ["id"]


@pytest.mark.processes
def test_without_a_database_url_the_embedded_database_is_used(
    files: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("WORKOUTS_DATA_DIR", str(tmp_path / "data"))
    assert "3 files applied" in run("migrate", "--migrations", files.path).output
    assert run("dump", "--live", "--output", "-", "--migrations", files.path).output.count("create table a (") == 1


def test_a_tunnel_that_is_not_up_is_one_line(files: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("key", "known_hosts"):
        (tmp_path / name).write_text("x")
    for name, value in {
        "TUNNEL_DIR": str(tmp_path / "tunnel"),
        "DATABASE_URL": "postgresql://workouts_migrator@db.internal/workouts",
        "SSH_HOST": "bastion.example.org",
        "SSH_USER": "tunnel",
        "SSH_KEY_FILE": str(tmp_path / "key"),
        "SSH_KNOWN_HOSTS_FILE": str(tmp_path / "known_hosts"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("workouts_api.migrate.target.TUNNEL_WAIT", 0.1)
    result = run("status", "--migrations", files.path)
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1
    assert result.output.startswith(f"Error: the SSH tunnel in {tmp_path / 'tunnel'} is not up (none has run")
    assert "start `workouts serve` or `workouts tunnel run`" in result.output


def test_a_backfill_is_told_by_tenths_in_a_pipe_and_by_a_bar_on_a_terminal() -> None:
    events = [Event("f.sql", f"{rows} rows changed", rows, 100) for rows in range(1, 101)]
    events.append(Event("f.sql", "done in 5 ms"))
    for terminal in (False, True):
        stream = io.StringIO()
        out = Console(file=stream, force_terminal=terminal, width=100, markup=False, highlight=False)
        with Reporter(out) as tell:
            for event in events:
                tell(event)
        assert "f.sql  done in 5 ms" in stream.getvalue()
        if terminal:
            assert "100/100" in stream.getvalue()
        else:
            assert stream.getvalue().count("\n") == 12
            assert "f.sql  50 rows changed; 50 % of about 100 rows seen" in stream.getvalue()


def test_a_backfill_of_a_table_that_was_never_analysed_claims_no_share() -> None:
    stream = io.StringIO()
    with Reporter(Console(file=stream, width=100, markup=False, highlight=False)) as tell:
        tell(Event("f.sql", "2000 rows changed", 2000, 0))
    assert stream.getvalue() == "f.sql  2000 rows changed\n"


@pytest.mark.parametrize(("size", "shown"), [(512, "512 B"), (1536, "1.5 KiB"), (3 * 2**30, "3 GiB"), (2**43, "8 TiB")])
def test_sizes_are_shown_for_people(size: int, shown: str) -> None:
    from workouts_api.migrate.show import human_size

    assert human_size(size) == shown


@pytest.mark.processes
def test_the_runner_is_the_projects_own_files_unless_told_otherwise(database: Database) -> None:
    done = migrate(database.url)
    assert done[0].version == 1
    assert {applied.version for applied in done} >= {1, 0}
