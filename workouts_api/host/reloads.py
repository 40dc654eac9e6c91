"""How the last reload went, in a file of the data folder; and ``workouts reload``'s way to ask for one and wait.

Owns the file's format. ``workouts serve`` alone writes it, by atomic rename.
"""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from workouts_api.config.private_files import replace_text
from workouts_api.host.processes import state_of

FILE = "reload.json"
LOOK = 0.05  # s between looks at the file


class ReloadError(Exception):
    """No reload, or one that was refused; the message says why."""


@dataclass(frozen=True)
class Reload:
    """The last reload of a server.

    :param number: counts the reloads of this server; 0: there was none.
    :param state: idle, running, done or refused.
    :param sentence: how it went.
    """

    pid: int
    number: int
    state: str
    sentence: str

    @property
    def has_ended(self) -> bool:
        return self.state in ("done", "refused")


def write_reload(folder: Path, reload: Reload) -> None:
    """:raises OSError: when it cannot be written; on a full disk it can."""
    replace_text(folder / FILE, json.dumps(asdict(reload)) + "\n")


def read_reload(folder: Path) -> Reload | None:
    """None: no server has written there, or one of another release."""
    try:
        return Reload(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def ask_for_reload(folder: Path, patience: float) -> str:
    """Has the server of a data folder reload, and waits for it. Returns how it went.

    :raises ReloadError: when no server runs, the reload was refused or nothing is heard for ``patience`` seconds.
    """
    before = read_reload(folder)
    if before is None or not _serves(folder, before.pid):
        raise ReloadError(f"no server serves from {folder}: start `workouts serve`, or set its WORKOUTS_DATA_DIR")
    try:
        os.kill(before.pid, signal.SIGHUP)
    except PermissionError:
        raise ReloadError(f"process {before.pid} serves from {folder} under another account: use that one") from None
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        now = read_reload(folder)
        # A reload that was running before the signal may have read the old release; another one follows it.
        if now is not None and now.pid == before.pid and now.number > before.number and now.has_ended:
            if now.state == "refused":
                raise ReloadError(now.sentence)
            return now.sentence
        if not _serves(folder, before.pid):
            raise ReloadError(f"the server, process {before.pid}, has ended during the reload")
        time.sleep(LOOK)
    raise ReloadError(f"the server, process {before.pid}, has not said within {patience:g} s how the reload went")


def _serves(folder: Path, pid: int) -> bool:
    """Whether the process has the folder: its server writes down who it is, and takes that away at its end."""
    try:
        told = json.loads((folder / "served.json").read_text(encoding="utf-8"))["pid"]
    except PermissionError:
        return True
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(told == pid) and state_of(pid) != "gone"
