"""Proves a backup: restores it into a server that is thrown away, and compares what is there."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from workouts_api.backup import BackupError
from workouts_api.backup.creating import alone
from workouts_api.backup.digests import differences, digests, settle
from workouts_api.backup.erasing import erase_again
from workouts_api.backup.running import run
from workouts_api.host.backups import Backup, proof_file, write_json
from workouts_api.host.bare_machine import roles_file
from workouts_api.host.embedded import EmbeddedError, EmbeddedPostgres
from workouts_api.host.programs import NEEDED, Binaries, find_binaries
from workouts_api.migrate.drift import since_migrated

_RESTORE = "workouts-verify-"  # how the name of a folder begins that is thrown away
_CREATE = "create database workouts owner workouts_owner template template0 encoding 'UTF8' locale 'C.UTF-8'"


@dataclass(frozen=True)
class Proof:
    """What a restore had in it. ``problems`` is empty if that is what the backup should hold."""

    rows: int
    tables: int
    erased_again: int
    seconds: float
    problems: tuple[str, ...] = field(default_factory=tuple)


def verify(backup: Backup, erased: set[int]) -> Proof:
    """Restores a backup and compares it; the proof is kept beside it.

    :param erased: users who were erased by now; those who come back with the restore are erased again.
    :raises BackupError: when it cannot be restored at all.
    """
    with alone(backup.dump.parent):
        return _verified(backup, erased, time.monotonic())


def _verified(backup: Backup, erased: set[int], started: float) -> Proof:
    try:
        _refuse_damage(backup)
        with _restored(backup) as conn:
            proof = _compared(conn, backup, erased, started)
    except (psycopg.Error, EmbeddedError) as error:
        _keep(backup, None, why := " ".join(str(error).split()))
        raise BackupError(why) from None
    except BackupError as error:
        _keep(backup, None, str(error))
        raise
    _keep(backup, proof, "; ".join(proof.problems))
    return proof


def _refuse_damage(backup: Backup) -> None:
    if not backup.manifest:
        raise BackupError(f"{backup.name} has no list of what it should hold, or a damaged one: it cannot be compared")
    with backup.dump.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != backup.manifest.get("sha256"):
        raise BackupError(f"{backup.dump} is not the file that was written: its digest differs")


@contextmanager
def _restored(backup: Backup) -> Iterator[psycopg.Connection[Any]]:
    """The backup in a server of its own, as docs/OPERATIONS.md says how to restore."""
    programs = find_binaries(needed=(*NEEDED[:2], "pg_restore", "postgres"), least=backup.manifest["server_version"])
    _throw_away_left(backup.dump.parent, programs)
    with tempfile.TemporaryDirectory(prefix=_RESTORE, dir=backup.dump.parent) as folder:
        Path(folder).chmod(0o711)  # as root, PostgreSQL runs under another account
        with _server(Path(folder), programs) as server:
            with psycopg.connect(server.dsn(), autocommit=True) as admin:
                admin.execute(roles_file().read_bytes())
                admin.execute(_CREATE)
            restore = programs.bin_dir / "pg_restore"
            run(restore, server.dsn("workouts"), "--exit-on-error", "--single-transaction", str(backup.dump))
            with psycopg.connect(server.dsn("workouts"), autocommit=True) as conn:
                conn.execute(roles_file().read_bytes())
                yield conn


def _throw_away_left(folder: Path, programs: Binaries) -> None:
    """A killed proof leaves its server, which holds what everybody has written."""
    for left in folder.glob(f"{_RESTORE}*"):
        server = EmbeddedPostgres(left, binaries=programs, durable=False)
        if server.is_running():
            server.start()  # joins it: who leaves it as the last one stops it
            server.stop()
        server.delete()
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _server(folder: Path, programs: Binaries) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder, binaries=programs, durable=False, options={"max_wal_size": "4GB"})
    server.start()
    try:
        yield server
    finally:
        if server.stop():
            server.delete()


def _compared(conn: psycopg.Connection[Any], backup: Backup, erased: set[int], started: float) -> Proof:
    settle(conn)
    found = digests(conn)
    problems = list(differences(backup.manifest.get("tables", {}), found))
    conn.execute("reset all")
    conn.execute("set search_path = workouts, extensions, pg_temp")
    changes = since_migrated(conn)
    if changes is None:
        problems.append("the schema cannot be compared: nothing says how the last migration left it")
    # Roles are the cluster's, and extensions and publications the operator's: none of them is the migrations'.
    problems += [" ".join(change.told()) for change in changes or () if change.blocks]
    again = erase_again(conn, erased)
    rows = sum(one["rows"] for one in found.values())
    return Proof(rows, len(found), len(again), time.monotonic() - started, tuple(problems))


def _keep(backup: Backup, proof: Proof | None, why: str) -> None:
    told = {"verified_at": datetime.now(UTC).isoformat(timespec="seconds"), "is_good": not why, "why": why}
    if proof is not None:
        told |= {"rows": proof.rows, "tables": proof.tables, "erased_again": proof.erased_again}
        told["seconds"] = round(proof.seconds, 1)
    write_json(proof_file(backup.dump), told)
