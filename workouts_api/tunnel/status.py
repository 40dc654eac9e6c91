"""The tunnel's state, told to others through a file beside its socket.

Owns the file's format. Written by the tunnel alone, by atomic rename, so that a reader never sees half of it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from workouts_api.config.private_files import replace_text

State = Literal["up", "connecting", "down"]
STATUS_FILE = "status.json"
SILENT_BEATS = 3
LEAST_SILENCE = 2.0  # seconds: on a busy machine a short beat may be late


@dataclass(frozen=True, kw_only=True)
class TunnelStatus:
    """What the tunnel says of itself.

    ``connecting`` is said until the first attempt has ended; ``down`` from a loss until the path to the database is
    proven again. ``since`` is when the state began, ``updated`` when it was last confirmed. The bytes count what the
    application received and sent; None where the engine cannot tell (openssh carries them in a process of its own).
    """

    state: State
    since: datetime
    updated: datetime
    engine: str
    listen: str
    pid: int
    last_error: str | None = None
    reconnects: int = 0
    bytes_in: int | None = None
    bytes_out: int | None = None
    beat_s: float | None = None
    """Seconds between two confirmations of ``up``, at the most; None: of a version that did not say."""

    @property
    def is_up(self) -> bool:
        return self.state == "up"

    def as_json(self) -> dict[str, object]:
        """The fields as JSON has them: instants are RFC 3339 in UTC."""
        return {
            name: value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            if isinstance(value, datetime)
            else value
            for name, value in asdict(self).items()
        }


def now() -> datetime:
    return datetime.now(UTC)


def write_status(folder: Path, status: TunnelStatus) -> None:
    """Replaces the folder's status file in one step.

    :raises OSError: when it cannot be written; on a full disk it can.
    """
    replace_text(folder / STATUS_FILE, json.dumps(status.as_json(), indent=1) + "\n")


def read_status(folder: Path) -> TunnelStatus | None:
    """The last word of the tunnel that keeps its socket in ``folder``; None if there never was one.

    A tunnel whose process is gone counts as down, whatever its last word was; so does one that has not confirmed it for
    three beats.
    """
    try:
        fields = json.loads((folder / STATUS_FILE).read_text(encoding="utf-8"))
        status = TunnelStatus(
            **{
                **fields,
                "since": datetime.fromisoformat(fields["since"]),
                "updated": datetime.fromisoformat(fields["updated"]),
            }
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None  # not there, or not written by this version: nothing is known of a tunnel
    if status.state != "down" and not _is_running(status.pid):
        return replace(status, state="down", last_error=f"the tunnel's process {status.pid} is gone")
    silent_s = (now() - status.updated).total_seconds()
    if status.is_up and status.beat_s and silent_s > max(SILENT_BEATS * status.beat_s, LEAST_SILENCE):
        hangs = f"the tunnel's process {status.pid} hangs: it has confirmed nothing for {silent_s:.0f} s"
        return replace(status, state="down", since=status.updated, last_error=hangs)
    return status


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
