"""A small parent: starts children in order, restarts what may be restarted, ends them in the reverse order.

Owns processes and signals, nothing else. Its thread waits in ``sigtimedwait``, so that no signal handler ever runs in
the middle of something. It never forks without exec.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

HANDLED = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
TICK = 0.1  # s between looks at what sends no signal
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # s before a child is started again
STEADY = 10.0  # s after which a child counts as well again
KILL_TIME = 5.0  # s that a child has to end when it was killed or told to hurry
_PR_SET_PDEATHSIG = 1


class Ended(Exception):
    """It is time to end: :attr:`code` is the exit code, the message says why, if there is something to say."""

    def __init__(self, code: int, message: str = "") -> None:
        self.code = code
        super().__init__(message)


@dataclass
class Child:
    """A process of ours.

    :param restart: start it again when it ends; else its end is the end of all.
    :param refused: exit codes after which starting it again would change nothing; then its end is the end of
        all, with the same code.
    :param level: those of the highest level end first, side by side, then those of the next one.
    :param grace: seconds it has to end after SIGTERM before it is killed.
    :param output: a file that takes what it prints; by default the parent's own output does.
    :param why: says in a sentence why it has ended, if it has told.
    :param instead: called when somebody's signal has ended it: starts another one in its place, and returns whether
        it did.
    """

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    restart: bool = False
    refused: frozenset[int] = frozenset()
    level: int = 0
    grace: float = KILL_TIME
    fds: tuple[int, ...] = ()
    output: Path | None = None
    why: Callable[[], str] = str
    instead: Callable[[], bool] = bool
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float | None = None
    pause: float = field(default=FIRST_PAUSE)
    is_extra: bool = False
    """Whether its end means nothing: another one serves, or it has been told to end."""
    is_renewed: bool = False
    """Whether it was told to end in order to be started again."""
    kill_at: float | None = None
    spent: tuple[int, ...] = ()
    """Descriptors that are the child's alone: closed here when it has started."""

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches this parent alone, which then ends its children in order.
        with self.output.open("wb") if self.output else contextlib.nullcontext() as output:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                pass_fds=self.fds,
                start_new_session=True,
                preexec_fn=_prepare(os.getpid()),  # safe: it takes no lock that another thread could have held
            )
        for fd in self.spent:
            os.close(fd)
        self.started_at, self.due_at, self.kill_at, self.spent = time.monotonic(), None, None, ()

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def hurry(self) -> None:
        """Sends SIGINT: gunicorn's quick end, and Python's."""
        self.send(signal.SIGINT)

    def kill(self) -> None:
        """Kills it and what it has started in its session."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def tell_to_end(self) -> None:
        """Sends SIGTERM, and sets when it will be killed. Calling it again does not give it more time."""
        self.due_at = None
        self.send(signal.SIGTERM)
        if self.kill_at is None:
            self.kill_at = time.monotonic() + self.grace


def _prepare(parent: int) -> Callable[[], None]:
    """What a child does between fork and exec: it takes signals again, and does not outlive its parent."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:  # it died before prctl was asked
                os._exit(1)

    return prepare


def _nothing() -> None:
    pass


class Supervisor:
    """Children in the order of their start. As a context manager it blocks the signals, and ends all on leaving.

    :param say: takes what a person should read.
    :param beat: called at least every ``tick`` seconds, as long as this thread does its work.
    """

    def __init__(self, say: Callable[[str], None], *, beat: Callable[[], None] = _nothing, tick: float = 1.0) -> None:
        self._say = say
        self._beat = beat
        self._tick = tick
        self._children: list[Child] = []
        self._tty = _has_terminal()
        self._mask: set[signal.Signals | int] = set()
        self.on_hup: Callable[[], None] = _nothing
        """Called in the supervising thread. It may supervise in turn, by wait_until()."""
        self.on_end: Callable[[], None] = _nothing
        """Called before the children are told to end."""

    def __enter__(self) -> Self:
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.on_end()
            for level in sorted({child.level for child in self._children}, reverse=True):
                self._end([child for child in self._children if child.level == level])
        finally:
            # What came meanwhile has been answered: unblocked now, it would break into the caller's own clean-up.
            while signal.sigtimedwait(HANDLED, 0) is not None:
                pass
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def start(self, child: Child) -> Child:
        self._children.append(child)
        child.start()
        return child

    def retire(self, child: Child) -> None:
        """Tells a child to end; nobody waits for it, and its end means nothing."""
        child.is_extra = True
        child.tell_to_end()

    def renew(self, child: Child) -> None:
        """Tells a child to end, and starts it again when it has."""
        child.is_renewed = True
        child.tell_to_end()

    def run(self) -> None:
        """Supervises until a signal or a child's end. :raises Ended: always."""
        while True:
            self._turn(TICK if any(c.due_at or c.kill_at for c in self._children) else self._tick)

    def wait_until(self, done: Callable[[], bool], timeout: float, *, every: float = TICK) -> bool:
        """Supervises until ``done()`` is true, asked ``every`` so many seconds, or ``timeout`` are over; says which.

        :raises Ended: as :meth:`run`.
        """
        deadline = time.monotonic() + timeout
        while not done():
            if time.monotonic() > deadline:
                return False
            self._turn(every)
        return True

    def finish(self, child: Child) -> int:
        """Runs a child to its end, supervising meanwhile; returns its exit code. :raises Ended: as :meth:`run`."""
        child.start()
        try:
            self.wait_until(child.has_ended, float("inf"))
        finally:
            self._end([child])
        return child.process.returncode if child.process is not None else 1

    def _turn(self, timeout: float) -> None:
        self._beat()
        received = signal.sigtimedwait(HANDLED, timeout)
        # Python returns signal 0 when this process was stopped, and went on after the wait was over.
        if received is not None and received.si_signo in HANDLED:
            self._answer(signal.Signals(received.si_signo))
        for child in list(self._children):
            self._look_after(child)

    def _answer(self, number: signal.Signals) -> None:
        if number in (signal.SIGTERM, signal.SIGINT) or (number == signal.SIGHUP and self._tty and not _has_terminal()):
            raise Ended(0)
        if number == signal.SIGHUP:
            self.on_hup()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.due_at is not None:
            if now >= child.due_at:
                child.start()
        elif not child.has_ended():
            if child.kill_at is not None and now >= child.kill_at:
                child.kill()
        elif child.is_extra:
            self._children.remove(child)
        elif child.is_renewed:
            child.is_renewed = False
            child.start()
        else:
            self._mourn(child, now)

    def _mourn(self, child: Child, now: float) -> None:
        """A child has ended by itself: it is started again, or all end."""
        code = child.process.returncode if child.process is not None else 0
        if code < 0 and child.instead():
            self._children.remove(child)
            self._say(f"The {child.name} ended {_in_words(code)}; another one is being started.")
            return
        if not child.restart or code in child.refused:
            why = child.why()
            ours = code if code in child.refused else min(abs(code), 1)
            raise Ended(ours, f"the {child.name} ended {_in_words(code)}{f': {why}' if why else ''}")
        child.pause = FIRST_PAUSE if now - child.started_at > STEADY else min(child.pause * 2, LONGEST_PAUSE)
        child.due_at = now + child.pause
        self._say(f"The {child.name} ended {_in_words(code)}; it is started again in {child.pause:.1f} s.")

    def _end(self, children: Iterable[Child]) -> None:
        """Ends children side by side. A second signal shortens the time that they have."""
        left = [child for child in children if child.process is not None]
        for child in left:
            child.tell_to_end()
        while left := [child for child in left if not child.has_ended()]:
            self._beat()
            received = signal.sigtimedwait(HANDLED, TICK)
            if received is not None and received.si_signo in (signal.SIGINT, signal.SIGTERM):
                self._hurry(left)
            now = time.monotonic()
            for child in left:
                if child.kill_at is not None and now >= child.kill_at:
                    child.kill()
                if child.kill_at is not None and now >= child.kill_at + KILL_TIME:
                    self._say(f"The {child.name} does not end, although it was killed: process {_pid(child)}.")
                    return

    def _hurry(self, children: Iterable[Child]) -> None:
        for child in children:
            self._say(f"Not waiting for the {child.name} any longer.")
            child.hurry()
            child.kill_at = min(child.kill_at or float("inf"), time.monotonic() + KILL_TIME)


def _pid(child: Child) -> int:
    return child.process.pid if child.process is not None else 0


def _in_words(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"


def _has_terminal() -> bool:
    """Whether there is a controlling terminal: closing it sends SIGHUP as well, which then means the end."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
