"""Checks the owner and mode of files that hold secrets, or that say whom to trust; replaces small files of ours.

Owns the rule for all of them. SSH keys have a stricter rule (workouts_api.tunnel.credentials), as in ssh itself.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_OTHERS = stat.S_IRWXO
_CHANGED_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def why_not_private(path: Path) -> str | None:
    """What is wrong with a file that holds a secret, as a part of a sentence, or None.

    Its group may read it, so that a service can read a file of root's (0640). A missing file is not a problem here.
    """
    return _why_not(path, _OTHERS | _CHANGED_BY_OTHERS, "expected 0600, since others may read or change it")


def why_not_trusted(path: Path) -> str | None:
    """The same for a file that everybody may read, and that only we or root may change."""
    return _why_not(path, stat.S_IWOTH, "expected 0644, since others may change it")


def _why_not(path: Path, refused_modes: int, expected: str) -> str | None:
    try:
        found = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISFIFO(found.st_mode):  # a pipe comes from <(command) in a shell
        return "is no regular file"
    if belongs_to_another(found):
        return f"belongs to user {found.st_uid}: expected {os.geteuid()}, or root"
    mode = stat.S_IMODE(found.st_mode)
    return f"has mode {mode:04o}: {expected}" if mode & refused_modes else None


def why_unreadable(path: Path) -> str | None:
    """Why a file cannot be read, as a part of a sentence, or None. The user is named: commands run as several."""
    try:
        if stat.S_ISFIFO(path.stat().st_mode):  # opening it here would take from it what is to be read
            return None
        path.open("rb").close()
    except OSError as error:
        return f"user {os.geteuid()} cannot read: {error.strerror}"
    return None


def is_file(path: Path) -> bool:
    """Whether a file is there. One in a folder that we may not enter is not there for us."""
    try:
        return path.is_file()
    except OSError:
        return False


def belongs_to_another(found: os.stat_result) -> bool:
    """Whether a file is neither ours nor root's. Its owner may change it, whatever its mode is."""
    return found.st_uid not in (os.geteuid(), 0)


@contextmanager
def in_place_of(path: Path, draft: Path) -> Iterator[None]:
    """The block writes the draft, which then takes the file's place. Where that fails, such as on a full disk, it goes.

    :raises OSError: as the block does.
    """
    try:
        yield
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise


def replace_text(path: Path, text: str) -> None:
    """Replaces a small file of ours in one step. On a full disk it is written over: what it takes, it has already.

    :raises OSError: when neither can be done.
    """
    draft, content = path.with_name(f".{path.name}.{os.getpid()}"), text.encode()
    try:
        with in_place_of(path, draft):
            draft.write_bytes(content)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        with path.open("r+b", buffering=0) as there:  # one write of less than a block; spaces hide what was longer
            there.write(content.ljust(path.stat().st_size))
