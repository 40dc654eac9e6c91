"""The account and the folder in which a server that refuses root can work.

PostgreSQL does not run as root. Owns the choice of the account, of a folder that this account can reach, and of the
arguments that start a process under it. Never changes the mode of a folder that it did not make.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from workouts_api.host.postmaster import Postmaster

# In this order: an account made for PostgreSQL, then those that nearly every system has.
CANDIDATES = ("postgres", "nobody", "daemon")
SYSTEM_FOLDER = Path("/var/lib/workouts-api")
_MADE_FOR = "made_for"
"""In a home outside the temporary folder that was asked for: a file that names this folder."""


class AccountError(Exception):
    """No account or folder was found in which PostgreSQL could run."""


class Identity(TypedDict, total=False):
    """What ``subprocess`` takes to run a process under another account; empty: the caller's own."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """An account in passwd."""

    name: str
    uid: int
    gid: int

    @property
    def identity(self) -> Identity:
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Whether the account gets into the folder: tried, not computed, so that ACLs and mounts count too."""
        command = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]
        return subprocess.run(command, check=False, capture_output=True, cwd="/", **self.identity).returncode == 0

    def can_run(self, *command: str | Path) -> bool:
        try:
            done = subprocess.run(command, check=False, capture_output=True, cwd="/", **self.identity)
        except PermissionError:
            return False
        return done.returncode == 0

    def can_fill(self, folder: Path, size: int) -> bool:
        """Whether the account can make files there, and ``size`` bytes are left."""
        command = ["/bin/sh", "-c", 'file=$(mktemp -p "$1") && rm "$file"', "sh", str(folder)]
        return folder.is_dir() and self.can_run(*command) and shutil.disk_usage(folder).free >= size

    def own_folder(self, folder: Path) -> Path:
        """The folder, made 0700 and of this account if it does not exist.

        :raises AccountError: when it exists and is a link, no folder, or somebody else's.
        """
        try:
            folder.mkdir(mode=0o700)
            os.chown(folder, self.uid, self.gid)
        except FileExistsError:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.uid:
                raise AccountError(f"{folder} exists already: expected a folder that belongs to {self.name}") from None
        return folder


def account_for(home: Path) -> Account:
    """The account to run under: the caller's; for root that of an existing ``home``, else the first of CANDIDATES."""
    if os.geteuid() != 0:
        # An account without an entry in passwd (a container with --user) cannot run PostgreSQL, and initdb says so.
        return Account(f"uid {os.geteuid()}", os.geteuid(), os.getegid())
    if home.is_dir() and not home.is_symlink() and (owner := home.stat().st_uid) != 0:
        # Stay with the owner: PostgreSQL refuses a data folder of another account.
        return _by_uid(owner, home)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise AccountError(
        f"PostgreSQL refuses to run as root, and no account of {', '.join(CANDIDATES)} exists: "
        "add one (useradd --system postgres), or run this as an ordinary user"
    )


def _by_uid(uid: int, home: Path) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise AccountError(
            f"{home} belongs to uid {uid}, which no account has: expected an account of passwd"
        ) from None
    return Account(entry.pw_name, uid, entry.pw_gid)


def home_for(folder: Path) -> tuple[Path, Account]:
    """Where a server asked for in ``folder`` lives, and the account that it runs under. Makes nothing.

    That is ``folder/server``; for root, if the account cannot get into ``folder`` (root's home is 0700), a folder of
    its own outside, with a name derived from ``folder``, so that every process finds the same.
    """
    home = folder / "server"
    account = account_for(home)
    if account.can_enter(_existing(folder)):
        return home, account
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    # What was asked for in a temporary folder must not outlive it in /var.
    is_temporary = _is_temporary(folder) or not os.access(_existing(SYSTEM_FOLDER), os.W_OK)
    home = Path(tempfile.gettempdir()) / f"workouts-{name}" if is_temporary else SYSTEM_FOLDER / name
    return home, account_for(home)


def _is_temporary(folder: Path) -> bool:
    return folder.is_relative_to(Path(tempfile.gettempdir()).resolve())


def make_passable(folder: Path) -> None:
    """Makes a folder, and those above it, that only their owner reads. What root makes others get through, whatever
    the umask: the account under which PostgreSQL runs has its own folder below."""
    missing = [folder, *folder.parents][: [path.exists() for path in (folder, *folder.parents)].index(True)]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            path.chmod(0o711)


def make_home(home: Path, account: Account, folder: Path) -> None:
    """Makes the folder that :func:`home_for` chose for ``folder``.

    :raises AccountError: when the account does not get into it, or it is somebody else's.
    """
    home.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    account.own_folder(home)
    note = home / _MADE_FOR
    if _is_temporary(folder) and not home.is_relative_to(folder) and not note.exists():
        new = home / f"{_MADE_FOR}.{os.getpid()}"
        new.write_bytes(os.fsencode(folder))
        new.rename(note)  # whole or not there: who looks for orphans never reads half a name
    if not account.can_enter(home):
        raise AccountError(
            f"{account.name}, under which PostgreSQL runs here, cannot get into {home}: "
            "set WORKOUTS_DATA_DIR to a folder that it can reach"
        )


def remove_orphans() -> None:
    """Removes the homes of temporary folders that somebody has deleted meanwhile: nobody can ask for them again.

    A home whose server still runs stays.
    """
    for note in Path(tempfile.gettempdir()).glob(f"workouts-*/{_MADE_FOR}"):
        with suppress(OSError):  # another process removes it, or it is somebody else's
            folder = note.read_bytes()
            if folder and not os.path.lexists(folder) and not Postmaster(note.parent / "data", "").is_running():
                shutil.rmtree(note.parent)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())
