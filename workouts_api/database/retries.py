"""Limits how many statements a process sends a second time by itself.

While a database or a network is failing, a second attempt for each statement would double the load at the worst moment.
So a retry costs one token, and each statement earns a tenth of one. A short fault is still mended without a client's
help. In a long one, nine of ten retries are left to the clients, who wait between theirs.
"""

from __future__ import annotations

from workouts_api.metrics import note

EARNED = 0.1  # of a retry, by each statement
MOST = 20.0  # retries at once: each connection of two pools' size loses its request, and sends it again


class RetryBudget:
    """The retries of one process. Threads share it without a lock: a lost count changes nothing of note."""

    def __init__(self) -> None:
        self.refill()

    def refill(self) -> None:
        self._left = MOST

    def earn(self) -> None:
        if self._left < MOST:
            self._left += EARNED

    def spend(self) -> bool:
        """Takes a retry. Returns False when none is left."""
        if self._left < 1:
            return False
        self._left -= 1
        note("workouts_retries")
        return True
