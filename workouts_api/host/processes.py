"""Whether a process of this host lives and works, as the kernel knows it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

State = Literal["runs", "stopped", "gone"]
_STOPPED, _ENDED = frozenset("Tt"), frozenset("ZXx")
_PROC = Path("/proc")


def state_of(pid: int) -> State:
    """``stopped``: by SIGSTOP or a debugger, so that it does nothing until it is continued. Told on Linux alone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "gone"
    except PermissionError:
        pass  # another account's: it is there
    letter = _letter(pid)
    return "stopped" if letter in _STOPPED else "gone" if letter in _ENDED else "runs"


def _letter(pid: int) -> str:
    """The kernel's letter for what the process does; "" where there is none to read."""
    try:
        told = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return told.rpartition(")")[2].strip()[:1]  # the program's name stands before it, and may have any letters
