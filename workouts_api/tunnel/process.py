"""The tunnel as something that is started and stopped: within a process, or as one.

Owns the signals and the exit codes.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import resource
import signal
import threading
from collections.abc import Iterator
from types import TracebackType

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


class Tunnel:
    """A supervised tunnel in threads of this process. Never start one before a fork.

    :raises TunnelError: on construction, when the settings don't make a tunnel.
    """

    def __init__(self, settings: Settings, *, backoff: Backoff | None = None) -> None:
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
        self.ended: queue.SimpleQueue[str] = queue.SimpleQueue()
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
        self.ended.put("failed")


def run(settings: Settings) -> int:
    """Runs the tunnel until SIGTERM, SIGINT or SIGHUP, and returns the process's exit code.

    0 after a signal, 1 after a failure of our own, 2 when the settings don't make a tunnel, which is logged in one
    line. An unreachable bastion is no reason to end. Called outside the main thread it never sees a signal.
    """
    try:
        tunnel = Tunnel(settings)
    except TunnelError as error:
        log.error("%s", error)  # noqa: TRY400 - the line is the message
        return EXIT_MISCONFIGURED
    _raise_descriptor_limit()
    with _signals_told_to(tunnel.ended), tunnel:
        reason = tunnel.ended.get()
    log.info("ended: %s", reason)
    return EXIT_FAILED if reason == "failed" else EXIT_STOPPED


@contextlib.contextmanager
def _signals_told_to(told: queue.SimpleQueue[str]) -> Iterator[None]:
    """Signals become messages; SimpleQueue.put is one of the few calls that a signal handler may make."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def tell(number: int, _frame: object) -> None:
        told.put(signal.Signals(number).name)

    # A parent that waits for signals by sigtimedwait has them blocked, and its children inherit that.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    before = {number: signal.signal(number, tell) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise_descriptor_limit() -> None:
    """A connection takes one descriptor; the usual soft limit of 1024 is raised as far as allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
