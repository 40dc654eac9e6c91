"""A backup with the real pg_dump, its proof by a restore, and what a proof notices."""

from __future__ import annotations

import json
import shutil
import stat
import time
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from workouts_api.backup import BackupError, verifying
from workouts_api.backup.commands import backup
from workouts_api.backup.creating import create
from workouts_api.backup.digests import digests, settle
from workouts_api.backup.verifying import verify
from workouts_api.host.backups import Backup, backups_in, manifest_file, proof_file
from workouts_api.host.embedded import EmbeddedPostgres


def run(*arguments: str) -> Result:
    return CliRunner().invoke(backup, list(arguments), catch_exceptions=False)


def copy(made: Backup, folder: Path) -> Path:
    for path in (made.dump, manifest_file(made.dump)):
        shutil.copy(path, folder)
    folder.chmod(0o711)
    return folder / made.dump.name


def test_a_backup_is_private_and_says_what_it_holds(made: Backup) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in (made.dump, manifest_file(made.dump))} == {0o600}
    [found] = backups_in(made.dump.parent)
    assert found.manifest["tables"]["workouts.users"]["rows"] == 2
    assert "workouts.throttles" not in found.manifest["tables"]  # unlogged
    assert "jobs.procrastinate_jobs" in found.manifest["tables"]
    assert found.proved_at is None


def test_what_is_written_during_a_backup_is_in_neither_the_dump_nor_its_digests(made: Backup, as_dba: str) -> None:
    with psycopg.connect(as_dba, autocommit=True) as conn:
        settle(conn)
        assert digests(conn)["workouts.users"] == made.manifest["tables"]["workouts.users"]


def test_a_good_backup_is_proved_and_who_was_erased_since_is_erased_again(
    made: Backup, as_dba: str, cluster: EmbeddedPostgres, living: str
) -> None:
    with psycopg.connect(cluster.dsn(living), autocommit=True) as conn:
        conn.execute("set search_path = workouts, extensions, pg_temp")
        conn.execute("select erase_user(id) from users where username = 'ada'")
    folder = str(made.dump.parent)
    (made.dump.parent / "workouts-verify-left" / "data").mkdir(parents=True)  # by one that was killed
    result = run("verify", "--folder", folder, "--database-url", as_dba)
    assert result.exit_code == 0, result.output
    assert f"{made.name} is good: " in result.stdout
    assert "1 users were erased again." in result.stdout
    assert run("list", "--folder", folder).exit_code == 0
    [told] = json.loads(run("list", "--json", "--folder", folder).stdout)
    assert told["proved_at"] is not None
    assert [path.name for path in made.dump.parent.iterdir() if path.is_dir()] == []  # the server is gone


def test_a_restore_that_lacks_rows_or_has_other_values_is_no_proof(
    cluster: EmbeddedPostgres, living: str, made: Backup, tmp_path: Path
) -> None:
    """The database itself stands for the restore, which takes seconds; the list of what it should hold is changed."""
    with psycopg.connect(cluster.dsn(living), autocommit=True) as conn:
        settle(conn)
        tables = digests(conn)
        rows = tables["workouts.users"]["rows"]
        tables["workouts.users"]["rows"] = rows + 1
        tables["workouts.athletes"]["digest"] = "1"
        tables["workouts.more"] = {"rows": 1, "digest": "1"}
        proof = verifying._compared(conn, Backup(made.dump, {"tables": tables}, {}), set(), time.monotonic())
    assert proof.problems == (
        f"workouts.athletes has the expected {tables['workouts.athletes']['rows']} rows, but other values",
        "workouts.more is missing",
        f"workouts.users has {rows} rows, expected {rows + 1}",
    )
    [one] = backups_in(copy(made, tmp_path).parent)
    verifying._keep(one, proof, "; ".join(proof.problems))
    [one] = backups_in(tmp_path)
    assert (one.proved_at, one.proof["is_good"]) == (None, False)
    result = run("list", "--folder", str(tmp_path))
    assert (result.exit_code, "NOT GOOD: workouts.athletes" in result.stdout) == (1, True)


def test_what_was_changed_by_hand_in_the_schema_is_no_proof(
    cluster: EmbeddedPostgres, living: str, made: Backup
) -> None:
    with psycopg.connect(cluster.dsn(living), autocommit=True) as conn:
        conn.execute("alter table workouts.teams drop constraint teams_name_is_normal")
        settle(conn)
        held = Backup(made.dump, {"tables": digests(conn)}, {})
        [problem] = verifying._compared(conn, held, set(), time.monotonic()).problems
    assert problem.startswith("table teams")
    assert "teams_name_is_normal" in problem


def test_a_damaged_file_is_refused_before_anything_is_started(made: Backup, tmp_path: Path) -> None:
    dump = copy(made, tmp_path)
    dump.write_bytes(dump.read_bytes()[:-1] + b"!")
    result = run("verify", "--folder", str(tmp_path), "--database-url", "postgresql://nowhere.invalid/none")
    assert result.exit_code == 1
    [one] = backups_in(tmp_path)
    with pytest.raises(BackupError, match="its digest differs"):
        verify(one, set())
    assert proof_file(dump).exists()
    manifest_file(dump).write_text("{")
    [one] = backups_in(tmp_path)
    with pytest.raises(BackupError, match="has no list of what it should hold"):
        verify(one, set())


def test_what_fails_leaves_nothing_and_says_why_in_a_line(
    cluster: EmbeddedPostgres, living: str, tmp_path: Path
) -> None:
    with psycopg.connect(cluster.dsn(living), autocommit=True) as conn:
        conn.execute("create table workouts.closed (id int)")
        try:
            with pytest.raises(BackupError, match=r"pg_dump failed: .*permission denied for table closed"):
                create(cluster.dsn(living, "workouts_app"), tmp_path)
        finally:
            conn.execute("drop table workouts.closed")
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    result = run("create", "--folder", str(tmp_path), "--database-url", f"postgresql:///x?host={tmp_path}")
    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)


@pytest.mark.parametrize("name", ["none", "workouts-20260101T000000Z", "../x"])
def test_a_backup_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    result = run("verify", name, "--folder", str(tmp_path))
    assert (result.exit_code, f"there is no backup {name}" in result.output) == (1, True)
    assert run("list", "--folder", str(tmp_path)).exit_code == 1
