"""Runs PostgreSQL's programs, without a password in the list of processes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from workouts_api.backup import BackupError

LONGEST_WORDS = 1000  # characters of the line in which a program said why


def run(program: Path, conninfo: str, *arguments: str) -> None:
    """Runs a program on a database, to its end.

    :raises BackupError: with the last that it said, when it fails.
    """
    fields = conninfo_to_dict(conninfo)
    password = fields.pop("password", None)
    environ = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    command = [str(program), *arguments, "--dbname", make_conninfo("", **fields)]
    try:
        done = subprocess.run(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            umask=0o077,
            check=False,
        )
    except OSError as error:
        raise BackupError(f"{program} cannot be run: {error}") from None
    if done.returncode:
        said = _telling(done.stderr.decode("utf-8", "replace").splitlines())
        raise BackupError(f"{program.name} failed: {said or f'it ended with {done.returncode}'}")


def _telling(lines: list[str]) -> str:
    """The line that names the error; what follows it is the statement, in full length."""
    errors = [line for line in lines if " error: " in line]
    return " ".join((errors or lines or [""])[0].split())[:LONGEST_WORDS]
