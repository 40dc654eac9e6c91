"""A worker's threads take turns at running Python, and pass the turn on while they wait for the database.

Python's own lock, the GIL, is handed over at every system call that may block, of which a request makes twenty, most of
them over at once. With eight threads at work each of those became two switches of threads: 45 a request, and a third of
its CPU. Whoever has the turn finds the GIL free again. The turn is a matter of speed alone: who has waited for it for
long takes it away from whoever sleeps on it, over a slow upload for example, so nothing can be locked up by it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PATIENCE = 0.02  # seconds: more than a queue of eight takes, little enough for one request in a while


class Turn:
    """What one thread of a process has at a time, by and large."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder = 0
        """The thread whose turn it is; 0: nobody's."""

    def take(self) -> None:
        """Waits for the turn, or takes it away from a thread that keeps it too long. Harmless for who has it."""
        me = threading.get_ident()
        if self._holder != me:
            self._lock.acquire(timeout=PATIENCE)
            self._holder = me

    def pass_on(self) -> bool:
        """Lets the next thread have it. Whether it was ours to pass on."""
        if self._holder != threading.get_ident():
            return False
        self._holder = 0
        with suppress(RuntimeError):  # it was taken away just as its holder passed it on
            self._lock.release()
        return True

    @contextmanager
    def passed_on(self) -> Iterator[None]:
        """While something is waited for; whoever had it takes it again afterwards."""
        was_ours = self.pass_on()
        try:
            yield
        finally:
            if was_ours:
                self.take()


turn = Turn()
