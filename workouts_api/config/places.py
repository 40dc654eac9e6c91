"""Where files lie whose place is not set. Makes nothing."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

_LONGEST_SOCKET = "tunnel/.s.PGSQL.5432"
_MAX_PATH = 99  # bytes of a socket's path; sun_path holds 104 to 108, by system


def socket_folder(data: Path) -> Path:
    """The folder of unix sockets: in the data folder, or under /tmp where its path is too long or not ASCII.

    :param data: an absolute path.
    """
    inside = data / "run"
    if str(inside).isascii() and len(os.fsencode(inside / _LONGEST_SOCKET)) <= _MAX_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path("/tmp") / f"workouts-{os.geteuid()}-{digest}"  # noqa: S108 – who makes it checks its owner and mode
