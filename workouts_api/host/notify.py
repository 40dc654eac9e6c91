"""What a service tells systemd, by datagrams to the socket in NOTIFY_SOCKET. Without systemd nothing is sent.

Owns the protocol of sd_notify(3). The variables are taken out of the environment, so that no child speaks for us.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import MutableMapping

PATIENCE = 1.0  # s for room in systemd's queue; a sign of life is not waited for, because the next one follows


class Systemd:
    """The service manager that started this process, if one did and wants to be told."""

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        self._address = environ.pop("NOTIFY_SOCKET", "")
        usec, pid = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
        is_ours = pid in ("", str(os.getpid()))
        self.watchdog_s = int(usec) / 1e6 if usec.isdigit() and is_ours and self._address else None
        """Seconds without a sign of life after which systemd ends the service; None: it does not watch."""
        self._next_beat = 0.0

    def ready(self, status: str) -> None:
        """The start, or a reload, has ended. ``status`` is a line that `systemctl status` shows."""
        self._send("READY=1", f"STATUS={_one_line(status)}")

    def reloading(self) -> None:
        """A reload begins; it ends with ready()."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=Reloading")

    def stopping(self) -> None:
        self._send("STOPPING=1", "STATUS=Stopping")

    def beat(self) -> None:
        """A sign of life, sent at most twice in the time that systemd allows; calling it more often has no effect."""
        if self.watchdog_s is not None and (now := time.monotonic()) >= self._next_beat:
            self._next_beat = now + self.watchdog_s / 2.5
            self._send("WATCHDOG=1", patience=0.0)

    def _send(self, *lines: str, patience: float = PATIENCE) -> None:
        if not self._address:
            return
        # "@" stands for the abstract namespace. A full or missing socket must not stop the service.
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
            speaker.settimeout(patience)
            speaker.connect(address)
            speaker.send("\n".join(lines).encode())


def _one_line(text: str) -> str:
    return " ".join(text.split())
