"""The metrics of this host in Prometheus' text format, from the files of its processes.

METRICS has the name, kind and meaning of each metric. The dashboard and the alert rules use no others; a test compares.
The lines are written here: a host has thousands of them, and a library that makes an object of each takes most of the
time in which the listener promises its answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from workouts_api import activity
from workouts_api.host.backups import backups_in
from workouts_api.host.processes import state_of
from workouts_api.metrics.publishing import Snapshot, read_all
from workouts_api.metrics.tally import BOUNDS, Table, Tally, add
from workouts_api.tunnel import read_status

if TYPE_CHECKING:
    from workouts_api.config import Settings

STALE = 15.0  # seconds without news from a live process: its figures are left out


class Known(NamedTuple):
    kind: str
    about: str
    labels: tuple[str, ...] = ()


METRICS: dict[str, Known] = {
    "workouts_requests": Known("counter", "Requests that were answered.", ("method", "route", "status")),
    "workouts_request_seconds": Known("histogram", "Time of a request, with its wait for a thread.", ("route",)),
    "workouts_requests_refused": Known("counter", "Requests refused in an overload, by lane.", ("lane",)),
    "workouts_queries": Known("counter", "Statements that were run, by query file.", ("query", "swap")),
    "workouts_query_seconds": Known(
        "counter", "Seconds of statements, with the way to the database.", ("query", "swap")
    ),
    "workouts_query_rows": Known("counter", "Rows that statements gave.", ("query", "swap")),
    "workouts_requests_in_flight": Known("gauge", "Requests that threads serve now.", ("worker",)),
    "workouts_requests_waiting": Known("gauge", "Requests that wait for a thread.", ("worker",)),
    "workouts_workers": Known("gauge", "Workers that live, but for those that a signal has stopped."),
    "workouts_threads": Known("gauge", "Threads of a worker.", ("worker",)),
    "workouts_worker_resident_bytes": Known("gauge", "Memory of a worker, with what it shares.", ("worker",)),
    "workouts_pool_connections": Known("gauge", "Open connections to the database.", ("worker",)),
    "workouts_pool_available": Known("gauge", "Connections that nobody uses.", ("worker",)),
    "workouts_pool_max": Known("gauge", "Connections that the pool may open.", ("worker",)),
    "workouts_pool_waiting": Known("gauge", "Requests that wait for a connection.", ("worker",)),
    "workouts_pool_waits": Known("counter", "Requests that had to wait for a connection."),
    "workouts_pool_wait_seconds": Known("counter", "Seconds of waiting for a connection."),
    "workouts_pool_timeouts": Known("counter", "Requests that got no connection in time."),
    "workouts_connections_opened": Known("counter", "Connections to the database that were opened."),
    "workouts_connections_failed": Known("counter", "Attempts to connect to the database that failed."),
    "workouts_connections_lost": Known("counter", "Connections that were found broken."),
    "workouts_retries": Known("counter", "Statements that were sent again by the server itself."),
    "workouts_replica_reads": Known("counter", "Reads that a replica has served."),
    "workouts_replica_fallbacks": Known("counter", "Reads that the primary served in its place, by cause.", ("cause",)),
    "workouts_replica_up": Known("gauge", "1: the replica serves reads; 0: it is away or late.", ("worker",)),
    "workouts_replica_lag_seconds": Known("gauge", "How late the replica is, as a worker knows.", ("worker",)),
    "workouts_cache_hits": Known("counter", "Values that the cache had."),
    "workouts_cache_misses": Known("counter", "Values that had to be found out."),
    "workouts_throttle_leases": Known("gauge", "Callers whose requests a worker counts.", ("worker",)),
    "workouts_tunnel_up": Known("gauge", "1: the tunnel is up; 0: it is not. Absent: there is none."),
    "workouts_tunnel_reconnects": Known("counter", "Times that the tunnel's process has connected again."),
    "workouts_tunnel_age_seconds": Known("gauge", "Seconds since the tunnel's process last confirmed its state."),
    "workouts_jobs": Known("gauge", "Background jobs, by state.", ("state",)),
    "workouts_jobs_oldest_seconds": Known("gauge", "How long the oldest job that is due has waited."),
    "workouts_schema_changes": Known(
        "gauge", "Objects of the schema that were changed by hand since the last migration. Absent: not known."
    ),
    "workouts_backup_made_timestamp_seconds": Known("gauge", "When the newest backup was made. Absent: there is none."),
    "workouts_backup_proved_timestamp_seconds": Known(
        "gauge", "When the newest proof of a backup was made; 0: none was."
    ),
    "workouts_snapshot_age_seconds": Known("gauge", "How old the figures of a process are.", ("worker",)),
    "workouts_info": Known("gauge", "Always 1; the label has the version.", ("version",)),
}
_LAST_BUCKETS = (*map(str, BOUNDS), "+Inf")


def expose(settings: Settings) -> bytes:
    text = _Text()
    folder = settings.activity_folder
    snapshots = list(read_all(folder))
    _add_counts(text, snapshots)
    _add_workers(text, snapshots, activity.read(folder) if folder.is_dir() else [])
    _add_tunnel(text, settings)
    _add_backups(text, settings)
    text.add("workouts_info", [_version()], 1.0)
    return text.written()


class _Text:
    """The lines of each metric."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {name: [] for name in METRICS}

    def add(self, name: str, values: Sequence[str], figure: float) -> None:
        """:param values: of the metric's labels, in their order."""
        known = METRICS[name]
        suffix = "_total" if known.kind == "counter" else ""
        self._lines[name].append(f"{name}{suffix}{_labels(known.labels, values)} {float(figure)!r}\n")

    def add_histogram(self, name: str, values: Sequence[str], buckets: Sequence[float], seconds: float) -> None:
        """:param buckets: the count of each one by itself; the format wants those below in it as well."""
        lines, so_far, label = self._lines[name], 0.0, _labels(METRICS[name].labels, values)
        rest = "," + label[1:] if label else "}"
        for bound, count in zip(_LAST_BUCKETS, buckets, strict=True):
            so_far += count
            lines.append(f'{name}_bucket{{le="{bound}"{rest} {so_far!r}\n')
        lines.append(f"{name}_count{label} {so_far!r}\n")
        lines.append(f"{name}_sum{label} {float(seconds)!r}\n")

    def written(self) -> bytes:
        parts = []
        for name, lines in self._lines.items():
            if lines:
                known = METRICS[name]
                told = f"{name}_total" if known.kind == "counter" else name
                parts.append(f"# HELP {told} {known.about}\n# TYPE {told} {known.kind}\n")
                parts += lines
        return "".join(parts).encode()


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    if not names:
        return ""
    return "{" + ",".join([f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True)]) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _add_counts(text: _Text, snapshots: Iterable[Snapshot]) -> None:
    """What only grows is summed over all processes that ever wrote."""
    total, counters = Tally(), dict[str, float]()
    for snapshot in snapshots:
        for sums, more in zip(_tables(total), _tables(snapshot.tally), strict=True):
            add(sums, more)
        for name, value in snapshot.counters.items():
            counters[name] = counters.get(name, 0.0) + value
    _add_requests(text, total.requests)
    for query, (count, seconds, rows) in sorted(total.queries.items()):
        text.add("workouts_queries", query, count)
        text.add("workouts_query_seconds", query, seconds)
        text.add("workouts_query_rows", query, rows)
    for (name, label), (count,) in sorted(total.notes.items()):
        if name in METRICS:
            text.add(name, [label] if label else [], count)
    for name, value in sorted(counters.items()):
        if name in METRICS:
            text.add(name, [], value)


def _add_requests(text: _Text, requests: Table) -> None:
    by_route: Table = {}
    for (method, route, status), row in sorted(requests.items()):
        text.add("workouts_requests", [method, route, status], row[0])
        add(by_route, {(route,): row})
    for key, (_, seconds, *buckets) in by_route.items():
        text.add_histogram("workouts_request_seconds", key, buckets, seconds)


def _add_workers(text: _Text, snapshots: Iterable[Snapshot], live: list[activity.Worker]) -> None:
    """What goes up and down is told of processes that live."""
    now = time.time()
    text.add("workouts_workers", [], sum(state_of(worker.pid) == "runs" for worker in live))
    pids = {worker.pid for worker in live}
    for worker in live:
        text.add("workouts_requests_in_flight", [str(worker.slot)], len(worker.requests))
        text.add("workouts_threads", [str(worker.slot)], worker.threads)
    for snapshot in snapshots:
        is_worker = snapshot.name.isdigit()
        if snapshot.pid not in pids if is_worker else state_of(snapshot.pid) == "gone":
            continue
        text.add("workouts_snapshot_age_seconds", [snapshot.name], max(0.0, now - snapshot.at))
        if now - snapshot.at > STALE:
            continue
        for name, value in sorted(snapshot.gauges.items()):
            known, _, label = name.partition("|")
            if known in METRICS:
                own = [snapshot.name] if METRICS[known].labels == ("worker",) else [label] if label else []
                text.add(known, own, value)


def _add_tunnel(text: _Text, settings: Settings) -> None:
    if not settings.ssh_host:
        return
    status = read_status(settings.tunnel_folder)
    text.add("workouts_tunnel_up", [], int(status is not None and status.is_up))
    if status is not None:
        text.add("workouts_tunnel_reconnects", [], status.reconnects)
        text.add("workouts_tunnel_age_seconds", [], status.age_s)


def _add_backups(text: _Text, settings: Settings) -> None:
    found = backups_in(settings.backup_folder)
    proofs = [backup.proved_at.timestamp() for backup in found if backup.proved_at is not None]
    if found:
        text.add("workouts_backup_made_timestamp_seconds", [], found[0].made_at.timestamp())
        text.add("workouts_backup_proved_timestamp_seconds", [], max(proofs, default=0.0))


def _tables(tally: Tally) -> tuple[Table, Table, Table]:
    return tally.requests, tally.queries, tally.notes


@cache
def _version() -> str:
    from importlib.metadata import version

    return version("workouts-api")
