"""The metrics of this host in Prometheus' format, from the files of its processes.

METRICS has the name, kind and meaning of each metric. The dashboard and the alert rules use no others; a test compares.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from workouts_api import activity
from workouts_api.host.backups import backups_in
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
    "workouts_workers": Known("gauge", "Workers that live."),
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
    "workouts_jobs": Known("gauge", "Background jobs, by state.", ("state",)),
    "workouts_jobs_oldest_seconds": Known("gauge", "How long the oldest job that is due has waited."),
    "workouts_backup_made_timestamp_seconds": Known("gauge", "When the newest backup was made. Absent: there is none."),
    "workouts_backup_proved_timestamp_seconds": Known(
        "gauge", "When the newest proof of a backup was made; 0: none was."
    ),
    "workouts_snapshot_age_seconds": Known("gauge", "How old the figures of a process are.", ("worker",)),
    "workouts_info": Known("gauge", "Always 1; the label has the version.", ("version",)),
}
_FAMILIES = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily, "histogram": HistogramMetricFamily}


def expose(settings: Settings) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Collector(settings))
    return generate_latest(registry)


class _Collector:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        families = {name: _family(name, known) for name, known in METRICS.items()}
        folder = self._settings.activity_folder
        snapshots = list(read_all(folder))
        _add_counts(families, snapshots)
        _add_workers(families, snapshots, activity.read(folder) if folder.is_dir() else [])
        _add_tunnel(families, self._settings)
        _add_backups(families, self._settings)
        families["workouts_info"].add_metric([_version()], 1)
        yield from (family for family in families.values() if family.samples)


def _family(name: str, known: Known) -> Any:
    return _FAMILIES[known.kind](name, known.about, labels=known.labels)


def _add_counts(families: dict[str, Any], snapshots: Iterable[Snapshot]) -> None:
    """What only grows is summed over all processes that ever wrote."""
    total, counters = Tally(), dict[str, float]()
    for snapshot in snapshots:
        for sums, more in zip(_tables(total), _tables(snapshot.tally), strict=True):
            add(sums, more)
        for name, value in snapshot.counters.items():
            counters[name] = counters.get(name, 0.0) + value
    _add_requests(families, total.requests)
    for query, (count, seconds, rows) in sorted(total.queries.items()):
        families["workouts_queries"].add_metric(query, count)
        families["workouts_query_seconds"].add_metric(query, seconds)
        families["workouts_query_rows"].add_metric(query, rows)
    for (name, label), (count,) in sorted(total.notes.items()):
        if name in families:
            families[name].add_metric([label] if label else [], count)
    for name, value in sorted(counters.items()):
        if name in families:
            families[name].add_metric([], value)


def _add_requests(families: dict[str, Any], requests: Table) -> None:
    by_route: Table = {}
    for (method, route, status), row in sorted(requests.items()):
        families["workouts_requests"].add_metric([method, route, status], row[0])
        add(by_route, {(route,): row})
    for (route,), (_, seconds, *buckets) in by_route.items():
        cumulative, so_far = [], 0.0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), buckets, strict=True):
            so_far += count
            cumulative.append((bound, so_far))
        families["workouts_request_seconds"].add_metric([route], cumulative, seconds)


def _add_workers(families: dict[str, Any], snapshots: Iterable[Snapshot], live: list[activity.Worker]) -> None:
    """What goes up and down is told of processes that live."""
    now = time.time()
    families["workouts_workers"].add_metric([], len(live))
    pids = {worker.pid for worker in live}
    for worker in live:
        families["workouts_requests_in_flight"].add_metric([str(worker.slot)], len(worker.requests))
        families["workouts_threads"].add_metric([str(worker.slot)], worker.threads)
    for snapshot in snapshots:
        is_worker = snapshot.name.isdigit()
        if snapshot.pid not in pids if is_worker else not _lives(snapshot.pid):
            continue
        families["workouts_snapshot_age_seconds"].add_metric([snapshot.name], max(0.0, now - snapshot.at))
        if now - snapshot.at > STALE:
            continue
        for name, value in sorted(snapshot.gauges.items()):
            known, _, label = name.partition("|")
            if known in families:
                own = [snapshot.name] if METRICS[known].labels == ("worker",) else [label] if label else []
                families[known].add_metric(own, value)


def _add_tunnel(families: dict[str, Any], settings: Settings) -> None:
    if not settings.ssh_host:
        return
    status = read_status(settings.tunnel_folder)
    families["workouts_tunnel_up"].add_metric([], int(status is not None and status.is_up))
    if status is not None:
        families["workouts_tunnel_reconnects"].add_metric([], status.reconnects)


def _add_backups(families: dict[str, Any], settings: Settings) -> None:
    found = backups_in(settings.backup_folder)
    proofs = [backup.proved_at.timestamp() for backup in found if backup.proved_at is not None]
    if found:
        families["workouts_backup_made_timestamp_seconds"].add_metric([], found[0].made_at.timestamp())
        families["workouts_backup_proved_timestamp_seconds"].add_metric([], max(proofs, default=0.0))


def _tables(tally: Tally) -> tuple[Table, Table, Table]:
    return tally.requests, tally.queries, tally.notes


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _version() -> str:
    from importlib.metadata import version

    return version("workouts-api")
