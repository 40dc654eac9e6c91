"""What the admin listener answers. It asks no worker: it reads files, and has one connection to the database."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from workouts_api import activity
from workouts_api.admin.probe import Probe
from workouts_api.config import Settings
from workouts_api.host.processes import state_of
from workouts_api.metrics import CONTENT_TYPE
from workouts_api.metrics.exposing import expose
from workouts_api.tunnel import read_status

LONGEST_SILENCE = 30.0  # s without a turn of the supervisor after which the service counts as hanging
_JSON = "application/json"


@dataclass(frozen=True)
class Page:
    status: int
    body: bytes
    kind: str = _JSON
    headers: tuple[tuple[str, str], ...] = ()


class Pages:
    """The pages by their path.

    :param settings: gives the settings in force.
    :param silent_s: gives the seconds since the supervisor's last turn; always 0 where there is none.
    """

    def __init__(self, settings: Callable[[], Settings], probe: Probe, silent_s: Callable[[], float]) -> None:
        self._settings, self._probe, self._silent_s = settings, probe, silent_s
        self.by_path: dict[str, Callable[[], Page]] = {
            "/": self._index,
            "/live": self._live,
            "/ready": self._ready,
            "/threads": self._threads,
            "/metrics": self._metrics,
        }

    def _index(self) -> Page:
        return _page({"pages": [*sorted(self.by_path), "/console"]})

    def _live(self) -> Page:
        silent_s = round(self._silent_s(), 1)
        if silent_s > LONGEST_SILENCE:
            return _page({"status": "unavailable", "supervisor": f"it has done nothing for {silent_s:g} s"}, 503)
        return _page({"status": "ok"})

    def _ready(self) -> Page:
        answer = self._probe.ask()
        workers = self._told_of_workers()
        is_ready = answer.is_good and workers["state"] == "up"
        body = {
            "status": "ok" if is_ready else "unavailable",
            "database": answer.database,
            "tunnel": self._tunnel(),
            "schema": answer.schema,
            "workers": workers,
            "age_s": round(time.monotonic() - answer.at, 3),
        }
        return _page(body, 200 if is_ready else 503)

    def _metrics(self) -> Page:
        return Page(200, expose(self._settings()), CONTENT_TYPE)

    def _threads(self) -> Page:
        now = time.time()
        workers = [
            {
                "slot": worker.slot,
                "pid": worker.pid,
                "state": state_of(worker.pid),
                "up_s": round(now - worker.started_at, 1),
                "threads": worker.threads,
                "busy": len(worker.requests),
                "requests": [asdict(one) for one in sorted(worker.requests, key=lambda one: -one.running_s)],
            }
            for worker in self._workers()
        ]
        return _page({"workers": workers})

    def _workers(self) -> list[activity.Worker]:
        return activity.read(self._settings().activity_folder)

    def _told_of_workers(self) -> dict[str, Any]:
        """``count`` are those that can serve: a worker that was stopped by a signal lives and does nothing."""
        states = [state_of(worker.pid) for worker in self._workers()]
        count, stopped = states.count("runs"), states.count("stopped")
        state = "up" if count else "stopped" if stopped else "down"
        return {"state": state, "count": count, **({"stopped": stopped} if stopped else {})}

    def _tunnel(self) -> dict[str, Any]:
        settings = self._settings()
        if not settings.ssh_host:
            return {"state": "unused"}
        status = read_status(settings.tunnel_folder)
        return {"state": "down"} if status is None else status.in_short()


def _page(body: dict[str, Any], status: int = 200) -> Page:
    return Page(status, json.dumps(body).encode() + b"\n")
