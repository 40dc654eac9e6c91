"""The tunnel's state, told to others through a file beside its socket.

Owns the file's format. Written by the tunnel alone, by atomic rename, so that a reader never sees half of it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from workouts_api.config.private_files import replace_text
from workouts_api.host.processes import state_of

State = Literal["up", "connecting", "down"]
STATUS_FILE = "status.json"
SILENT_BEATS = 3
LEAST_SILENCE = 2.0  # seconds: on a busy machine a short beat may be late
_WHY_DOWN = {"gone": "is gone", "stopped": "was stopped by a signal: continue it (kill -CONT) or end it (kill -KILL)"}


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

    @property
    def age_s(self) -> float:
        """Seconds since the tunnel last confirmed its state: of ``up``, since an answer last came through it."""
        return round(max((now() - self.updated).total_seconds(), 0.0), 1)

    def in_short(self) -> dict[str, object]:
        """What monitors are told."""
        said = {"state": self.state, "engine": self.engine, "reconnects": self.reconnects, "confirmed_s": self.age_s}
        return said if self.last_error is None else {**said, "last_error": self.last_error}

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

    A tunnel whose process is gone or stopped counts as down, whatever its last word was; so does one that has not
    confirmed it for three beats.
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
    if status.state != "down" and (why := _WHY_DOWN.get(state_of(status.pid))):
        return replace(status, state="down", last_error=f"the tunnel's process {status.pid} {why}")
    silent_s = (now() - status.updated).total_seconds()
    if status.is_up and status.beat_s and silent_s > max(SILENT_BEATS * status.beat_s, LEAST_SILENCE):
        hangs = f"the tunnel's process {status.pid} hangs: it has confirmed nothing for {silent_s:.0f} s"
        return replace(status, state="down", since=status.updated, last_error=hangs)
    return status
