"""Makes a backup: a dump, and what it holds, both of the same moment."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from workouts_api.backup import BackupError
from workouts_api.backup.digests import digests, settle
from workouts_api.backup.running import run
from workouts_api.host.backups import NAME, Backup, backups_in, manifest_file, name_of, write_json
from workouts_api.host.programs import EmbeddedError, find_binaries

CONNECT_TIMEOUT = 10
_MODE = 0o700
_DRAFT = re.compile(rf"\.{NAME.pattern}\.\d+")
_STATE = """
select
  pg_export_snapshot(),
  current_setting('server_version_num')::int / 10000,
  (select max(m.version) from workouts.schema_migrations as m),
  (select coalesce(array_agg(e.user_id order by e.user_id), '{}') from workouts.erasures as e)
"""


def create(conninfo: str, folder: Path) -> Backup:
    """A new backup in the folder. Its digests are read in the transaction whose snapshot pg_dump uses.

    :param conninfo: a role that may read everything, such as workouts_dba.
    :raises BackupError: when it cannot be made; then nothing of it is left.
    """
    with alone(folder):
        return _created(conninfo, folder, name_of(datetime.now(UTC)))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time makes or proves a backup in a folder; so drafts that are there were left by a killed one.

    :raises BackupError: when another process works there, or we may not.
    """
    try:
        folder.mkdir(mode=_MODE, parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        needed = f"expected a folder of user {os.geteuid()} with mode {_MODE:04o}"
        raise BackupError(f"{folder} cannot be used: {error.strerror}; {needed}") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"another process makes or proves a backup in {folder}: expected it to be done") from None
        for path in folder.iterdir():
            if _DRAFT.fullmatch(path.name):
                path.unlink()
        yield
    finally:
        os.close(lock)


def _created(conninfo: str, folder: Path, name: str) -> Backup:
    dump, draft = folder / f"{name}.dump", folder / f".{name}.{os.getpid()}"
    try:
        with psycopg.connect(conninfo, connect_timeout=CONNECT_TIMEOUT, application_name="workouts-backup") as conn:
            manifest = _dumped(conn, conninfo, draft)
        write_json(manifest_file(dump), {"name": name, **manifest, **_facts(draft)})
        draft.rename(dump)
    except (psycopg.Error, EmbeddedError) as error:
        raise BackupError(" ".join(str(error).split())) from None
    finally:
        draft.unlink(missing_ok=True)
    return Backup(dump, manifest, {})


def _dumped(conn: psycopg.Connection[Any], conninfo: str, draft: Path) -> dict[str, Any]:
    """Dumps into a file. The transaction stays open until pg_dump has ended: its snapshot ends with it."""
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    conn.read_only = True
    settle(conn)
    row = conn.execute(_STATE).fetchone()
    if row is None:
        raise BackupError("the server said nothing of its state")
    snapshot, major, schema, erased = row
    programs = find_binaries(needed=("pg_dump",), least=major)
    arguments = ["--format=custom", "--no-unlogged-table-data", f"--snapshot={snapshot}", f"--file={draft}"]
    run(programs.bin_dir / "pg_dump", conninfo, *arguments)
    return {
        "server_version": major,
        "schema_version": schema,
        "application": version("workouts-api"),
        "erased": erased,
        "tables": digests(conn),
    }


def _facts(dump: Path) -> dict[str, Any]:
    with dump.open("rb") as file:
        os.fsync(file.fileno())
        return {"bytes": dump.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def delete_old(folder: Path, days: int) -> list[str]:
    """Deletes backups that are older, but never the newest one, nor the newest one that was proved. Their names."""
    found = backups_in(folder)
    kept = {backup.name for backup in found[:1]}
    kept |= {backup.name for backup in [one for one in found if one.proved_at is not None][:1]}
    end = datetime.now(UTC) - timedelta(days=days)
    old = [backup for backup in found if backup.made_at < end and backup.name not in kept]
    for backup in old:
        for path in backup.files():
            path.unlink(missing_ok=True)
    return [backup.name for backup in old]
