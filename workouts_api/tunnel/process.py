"""The tunnel as something that is started and stopped: within a process, or as one.

Owns the signals and the exit codes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from workouts_api.config import Settings

from .addresses import far_end
from .credentials import load_credentials
from .engine import Plan, make_engine
from .errors import TunnelError
from .near_end import claim_near_end
from .status import TunnelStatus
from .supervisor import Backoff, Supervisor

log = logging.getLogger("workouts_api.tunnel")

EXIT_STOPPED, EXIT_FAILED, EXIT_MISCONFIGURED = 0, 1, 2
_STOPPING_TIME = 3.0  # s that an attempt under way is given to end; afterwards the process ends all the same
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_FAILED = b"\0"  # no signal has this number


class Tunnel:
    """A supervised tunnel in threads of this process. Never start one before a fork.

    :param on_failure: called if the supervisor itself breaks, which no fault of the tunnel makes it do.
    :raises TunnelError: on construction, when the settings don't make a tunnel.
    """

    def __init__(
        self, settings: Settings, *, backoff: Backoff | None = None, on_failure: Callable[[], object] = lambda: None
    ) -> None:
        credentials = load_credentials(settings)
        far = far_end(settings.database_url or "")
        self._near_end = claim_near_end(settings.tunnel_folder, tls=far.wants_tls)
        try:
            plan = Plan(
                settings.ssh_host or "", settings.ssh_port, settings.ssh_user or "", credentials,
                far, self._near_end, settings.ssh_keepalive,
            )  # fmt: skip
            self._supervisor = Supervisor(plan, make_engine(settings.ssh_engine, plan), backoff or Backoff())
        except BaseException:
            self._near_end.release()
            raise
        self._on_failure = on_failure
        self._thread = threading.Thread(target=self._run, name="tunnel", daemon=True)

    @property
    def status(self) -> TunnelStatus:
        return self._supervisor.status

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the tunnel and every connection through it, and removes its socket."""
        self._supervisor.stop()
        if self._thread.is_alive():
            self._thread.join(_STOPPING_TIME)
        self._supervisor.say_stopped()
        self._near_end.release()

    def __enter__(self) -> Tunnel:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            self._supervisor.run()
        except Exception:
            log.exception("the tunnel's supervisor failed")
            self._on_failure()


def run(settings: Settings) -> int:
    """Runs the tunnel until SIGTERM, SIGINT or SIGHUP, and returns the process's exit code.

    0 after a signal, 1 after a failure of our own, 2 when the settings don't make a tunnel, which is logged in one
    line. An unreachable bastion is no reason to end. Called outside the main thread it never sees a signal.
    """
    _raise_descriptor_limit()
    with _word_of_the_end() as (reader, writer):
        try:
            tunnel = Tunnel(settings, on_failure=lambda: os.write(writer, _FAILED))
        except TunnelError as error:
            log.error("%s", error)  # noqa: TRY400 - the line is the message
            return EXIT_MISCONFIGURED
        with tunnel:
            word = os.read(reader, 1)
    if word == _FAILED:
        return EXIT_FAILED
    log.info("ended by %s", signal.Signals(word[0]).name)
    return EXIT_STOPPED


@contextlib.contextmanager
def _word_of_the_end() -> Iterator[tuple[int, int]]:
    """A pipe into which each signal to end writes its number.

    The number is written by Python's handler in C. A handler in Python runs only when the main thread executes Python
    again, and a signal that comes just before a blocking call would be noticed after it, that is, never.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before: dict[signal.Signals, Any] = {}
    in_main = threading.current_thread() is threading.main_thread()
    try:
        if in_main:
            signal.set_wakeup_fd(writer)
            before = {number: signal.signal(number, lambda *_: None) for number in _SIGNALS}
            # A parent that waits for signals by sigtimedwait has them blocked, and its children inherit that.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        yield reader, writer
    finally:
        if in_main:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _raise_descriptor_limit() -> None:
    """A connection takes one descriptor; the usual soft limit of 1024 is raised as far as allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
