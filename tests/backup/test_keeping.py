"""Which backups are kept, and who is erased again after a restore."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from workouts_api.backup import BackupError
from workouts_api.backup.commands import backup
from workouts_api.backup.creating import create, delete_old
from workouts_api.config import load_settings
from workouts_api.doctor.backups import look_at_backups
from workouts_api.host.backups import backups_in, manifest_file, name_of, proof_file, write_json
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.metrics.exposing import expose


def keep(folder: Path, days_old: int, *, proved: bool = False, erased: list[int] | None = None) -> str:
    name = name_of(datetime.now(UTC) - timedelta(days=days_old))
    dump = folder / f"{name}.dump"
    dump.write_bytes(b"")
    write_json(manifest_file(dump), {"erased": erased or []})
    if proved:
        write_json(proof_file(dump), {"verified_at": datetime.now(UTC).isoformat(), "is_good": True})
    return name


def test_old_backups_are_deleted_but_for_the_newest_and_the_newest_proved_one(tmp_path: Path) -> None:
    keep(tmp_path, 40, proved=True)
    proved = keep(tmp_path, 30, proved=True)
    keep(tmp_path, 20)
    newest = keep(tmp_path, 16)
    assert len(delete_old(tmp_path, 14)) == 2
    assert [one.name for one in backups_in(tmp_path)] == [newest, proved]
    assert len(list(tmp_path.iterdir())) == 5


def test_what_is_no_backup_stays_and_is_not_listed(tmp_path: Path) -> None:
    for name in ("workouts-yesterday.dump", "notes.txt", "workouts-20260101T000000Z.json"):
        (tmp_path / name).touch()
    assert backups_in(tmp_path) == []
    assert delete_old(tmp_path, 1) == []
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("proof", ["", "[]", '{"is_good": true}', '{"is_good": true, "verified_at": "soon"}', "\x00"])
def test_a_damaged_proof_is_none(proof: str, tmp_path: Path) -> None:
    keep(tmp_path, 1)
    [one] = backups_in(tmp_path)
    proof_file(one.dump).write_text(proof)
    assert backups_in(tmp_path)[0].proved_at is None


def test_after_a_restore_those_are_erased_whom_a_later_backup_knows_to_be(
    cluster: EmbeddedPostgres, living: str, tmp_path: Path
) -> None:
    with psycopg.connect(cluster.dsn(living), autocommit=True) as conn:
        [(user_id,)] = conn.execute("select id from workouts.users where username = 'jörg'").fetchall()
        keep(tmp_path, 1, erased=[user_id, 10**9])
        arguments = ["erase-again", "--folder", str(tmp_path), "--database-url"]
        done = CliRunner().invoke(backup, [*arguments, cluster.dsn(living)], catch_exceptions=False)
        assert done.stdout == f"1 users were erased again: {user_id}.\n"
        assert conn.execute("select count(*) from workouts.users where id = %s", [user_id]).fetchone() == (0,)
        refused = CliRunner().invoke(backup, [*arguments, cluster.dsn(living, "workouts_dba")])
    assert (refused.exit_code, json.dumps(user_id) in refused.output) == (0, False)  # there is nobody left to erase


@pytest.mark.parametrize(
    ("days_old", "proved", "state"),
    [(0, True, "ok"), (0, False, "wrong"), (2, True, "wrong"), (None, False, "warning")],
)
def test_the_doctor_wants_a_proved_backup_of_last_night(
    days_old: int | None, proved: bool, state: str, tmp_path: Path
) -> None:
    if days_old is not None:
        keep(tmp_path, days_old, proved=proved)
    settings = load_settings({"JWT_SECRET_KEY": "x" * 48, "HOME": "/nowhere", "BACKUP_DIR": str(tmp_path)})
    assert [one.state for one in look_at_backups(settings)] == [state]


def test_prometheus_is_told_when_a_backup_was_made_and_proved(tmp_path: Path) -> None:
    environ = {"JWT_SECRET_KEY": "x" * 48, "HOME": "/nowhere", "WORKOUTS_DATA_DIR": str(tmp_path)}
    settings = load_settings({**environ, "BACKUP_DIR": str(tmp_path)})
    assert b"workouts_backup" not in expose(settings)
    keep(tmp_path, 1)
    assert b"workouts_backup_proved_timestamp_seconds 0.0" in expose(settings)  # so that the alert comes
    keep(tmp_path, 3, proved=True)
    told = dict(line.rsplit(" ", 1) for line in expose(settings).decode().splitlines() if line.startswith("workouts_b"))
    now = datetime.now(UTC).timestamp()
    assert now - float(told["workouts_backup_made_timestamp_seconds"]) == pytest.approx(86400, abs=60)
    assert now - float(told["workouts_backup_proved_timestamp_seconds"]) == pytest.approx(0, abs=60)


def test_one_backup_is_made_at_a_time_and_what_a_killed_one_left_is_removed(tmp_path: Path) -> None:
    draft = tmp_path / f".{name_of(datetime.now(UTC))}.4711"
    draft.touch()
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match="another process makes or proves a backup"):
            create(f"host={tmp_path}", tmp_path)
    assert draft.exists()
    with pytest.raises(BackupError, match="connection"):
        create(f"host={tmp_path}", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_folder_that_cannot_be_had_is_named_with_what_is_expected(tmp_path: Path) -> None:
    """The first backup by hand, before the timer's unit has made its folder."""
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "backups"
    done = CliRunner().invoke(backup, ["create", "--folder", str(folder), "--database-url", f"host={tmp_path}"])
    assert done.output == (
        f"Error: {folder} cannot be used: Not a directory; expected a folder of user {os.geteuid()} with mode 0700\n"
    )
    assert done.exit_code == 1
