"""What this process has counted. A request adds to it in two calls; all else happens once a second, in a thread.

Each thread counts for itself, so no lock is taken and no count is lost. prometheus-client's own counters take 17 Python
calls for a request's count and time, and 6 for each of a query's figures.
"""

from __future__ import annotations

import operator
import os
import threading
from bisect import bisect_left

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the upper bounds of a histogram's buckets. One more bucket has what took longer."""
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_COUNT, _SUM, _BUCKETS = 0, 1, 2

Figures = list[float]
Key = tuple[str, ...]
Table = dict[Key, Figures]


class Tally:
    """The counts of one thread."""

    __slots__ = ("notes", "queries", "requests")

    def __init__(self) -> None:
        self.requests: Table = {}
        """By method, route and status: count, seconds, and a count for each bucket."""
        self.queries: Table = {}
        """By query file and the digest of a swapped text ("": the release's): count, seconds, rows."""
        self.notes: Table = {}
        """By name and label: count."""


_tallies: list[Tally] = []
_here = threading.local()


def _mine() -> Tally:
    tally: Tally | None = getattr(_here, "tally", None)
    if tally is None:
        tally = _here.tally = Tally()
        _tallies.append(tally)
    return tally


def note_request(method: str, route: str | None, status: int, seconds: float) -> None:
    """Counts a request. What has no route counts as one, so that made-up addresses make no metrics."""
    try:
        requests = _here.tally.requests
    except AttributeError:
        requests = _mine().requests
    key = (method if method in _METHODS else "OTHER", route or "none", str(status))
    row = requests.get(key)
    if row is None:
        row = requests[key] = [0.0] * (_BUCKETS + len(BOUNDS) + 1)
    row[_COUNT] += 1
    row[_SUM] += seconds
    row[_BUCKETS + bisect_left(BOUNDS, seconds)] += 1


def note_query(key: tuple[str, str], seconds: float, rows: int) -> None:
    """Counts a statement, named by its file and, if that is swapped, the digest of its text."""
    try:
        queries = _here.tally.queries
    except AttributeError:
        queries = _mine().queries
    row = queries.get(key)
    if row is None:
        row = queries[key] = [0.0, 0.0, 0.0]
    row[0] += 1
    row[1] += seconds
    row[2] += rows


def note(name: str, label: str = "", amount: float = 1.0) -> None:
    """Counts something else. ``name`` is one of the exposition's, ``label`` one of few."""
    notes = _mine().notes
    row = notes.get((name, label))
    if row is None:
        row = notes[(name, label)] = [0.0]
    row[0] += amount


def totals() -> Tally:
    """The sums over all threads of this process."""
    total = Tally()
    for tally in _tallies:
        add(total.requests, tally.requests)
        add(total.queries, tally.queries)
        add(total.notes, tally.notes)
    return total


def add(total: Table, more: Table) -> None:
    """Adds figures by their key."""
    for key, row in list(more.items()):  # a copy: other threads add keys meanwhile
        known = total.get(key)
        if known is None or len(known) != len(row):
            total[key] = list(row)
        else:
            known[:] = map(operator.add, known, row)


def forget() -> None:
    """Begins anew, in a child after a fork."""
    global _here
    _tallies.clear()
    _here = threading.local()


os.register_at_fork(after_in_child=forget)
