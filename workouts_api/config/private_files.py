"""Files that hold secrets, or say whom to trust: whose they are, and who else may read or change them.

Owns the rule for all of them. Keys for SSH are held to more (workouts_api.tunnel.credentials), as ssh itself does.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS = stat.S_IRWXO
_CHANGED_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def why_not_private(path: Path) -> str | None:
    """What is wrong with a file that holds a secret: a part of a sentence, None if nothing is.

    Its group may read it, so that a service can read what root owns (0640). A file that is not there is nobody's.
    """
    return _why_not(path, _OTHERS | _CHANGED_BY_OTHERS, "expected 0600, since others may read or change it")


def why_not_trusted(path: Path) -> str | None:
    """The same for a file that all may read, and that nobody else may change."""
    return _why_not(path, stat.S_IWOTH, "expected 0644, since others may change it")


def _why_not(path: Path, refused_modes: int, expected: str) -> str | None:
    try:
        found = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISFIFO(found.st_mode):  # a pipe: <(command) of a shell
        return "is no regular file"
    if belongs_to_another(found):
        return f"belongs to user {found.st_uid}: expected {os.geteuid()}, or root"
    mode = stat.S_IMODE(found.st_mode)
    return f"has mode {mode:04o}: {expected}" if mode & refused_modes else None


def belongs_to_another(found: os.stat_result) -> bool:
    """Whether a file is neither ours nor root's: its owner may change it whatever its mode says."""
    return found.st_uid not in (os.geteuid(), 0)
