"""Measures the requests' costs in a process of its own: ``python -m tests.performance.measure``.

Of its own, because what other tests leave behind – a configured logger, a profiler, warm caches – would be counted.
Settings come from the environment, the superuser's way to the same database as the only argument; JSON goes out.
"""

from __future__ import annotations

import io
import json
import math
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask

from tests.conftest import PASSWORD, QUICK_HASHER, Client, hashes_by
from tests.performance.counting import (
    Environ,
    calls_of,
    environ_of,
    json_passes_of,
    peak_of,
    serve,
    statements_of,
)
from tests.performance.slowdowns import SLOWDOWNS
from tests.road.cases import IMPORTS, PUBLIC_TRIPS, SESSIONS, STEADY, Ask, Stage, history
from workouts_api import activity, create_app
from workouts_api.database import captures
from workouts_api.database.capture_files import Switch
from workouts_api.database.swap_files import Swap, digest_of
from workouts_api.database.swap_files import write as write_swap
from workouts_api.sql.loaded import CATALOGUE

LIST_50, ME = f"GET {SESSIONS}", "GET /api/v1/users/me"
# Without a next page: signing a cursor holds more than a reply for a moment, and a copy would hide behind it.
WHOLE_LIST = f"GET {SESSIONS} to its end"
LARGE_SESSION = f"GET {SESSIONS}/<int:session_id> of 200 sets"
WARM, TIMES = 3, 3

Make = Callable[[int], Environ]


class Requests:
    """A request of every kind, as often as it is wanted."""

    def __init__(self, app: Flask, database: psycopg.Connection[Any]) -> None:
        self.app = app
        http = app.test_client()
        http.post(
            "/api/v1/auth/register",
            json={"email": "owner@example.org", "username": "owner", "password": PASSWORD},
        )
        signed_in: Any = http.post("/api/v1/auth/login", json={"username": "owner", "password": PASSWORD}).json
        me: Any = http.get("/api/v1/users/me", headers={"Authorization": f"Bearer {signed_in['access_token']}"}).json
        self.owner = Client(http, "owner", me["id"], token=signed_in["access_token"])
        self.stage = Stage(app, self.owner, database)

    def kinds(self) -> dict[str, Make]:
        """Every authenticated route's steady request, and those that need no sign-in."""
        made = {f"{method} {rule}": self._steady(method, rule) for method, rule in STEADY}
        for method, ask, _ in PUBLIC_TRIPS.values():
            made[f"{method} {ask(0).address}"] = self._public(method, ask)
        return {**made, "POST /api/v1/auth/refresh": self._refresh, f"POST {IMPORTS}": self._dry_run}

    def _steady(self, method: str, rule: str) -> Make:
        return lambda _: environ_of(method, STEADY[method, rule](self.stage), self.owner.token)

    def _public(self, method: str, ask: Callable[[int], Ask]) -> Make:
        return lambda n: environ_of(method, ask(n), self.owner.token)

    def _refresh(self, _: int) -> Environ:
        body = {"username": self.owner.username, "password": PASSWORD}
        signed_in: Any = self.owner.http.post("/api/v1/auth/login", json=body).json
        return environ_of(
            "POST", Ask("/api/v1/auth/refresh", {"json": {"refresh_token": signed_in["refresh_token"]}}), ""
        )

    def _dry_run(self, _: int) -> Environ:
        """Rolled back, so that each finds the same."""
        file = (io.BytesIO(history(3).encode()), "hevy.csv")
        return environ_of("POST", Ask(f"{IMPORTS}?dry_run=true", {"data": {"file": file}}), self.owner.token)

    def whole_list(self) -> Environ:
        """Every session on one page."""
        return environ_of("GET", Ask(f"{SESSIONS}?limit=200"), self.owner.token)

    def large_session(self) -> Environ:
        """More than one piece of an answer, so that a copy stands out."""
        one = {"reps": 5, "weight_kg": 102.5, "rpe": 8.5, "notes": "as heavy as it looked"}
        exercise = {"exercise_id": self.stage.exercise_id(), "sets": [one] * 20}
        made = self.owner.post(SESSIONS, json=self.stage.body(exercises=[exercise] * 10))
        assert made.status_code == 201, made.text
        return environ_of("GET", Ask(made.headers["Location"]), self.owner.token)


def cost(app: Flask, make: Make) -> dict[str, Any]:
    """What a warm request costs; of several, the least: what is more was chance."""
    for n in range(WARM):
        serve(app, make(n))
    statements, trips = statements_of(app, make(WARM))
    calls = min(calls_of(app, make(WARM + 1 + n)) for n in range(TIMES))
    return {"statements": statements, "trips": trips, "calls": calls}


def copies(app: Flask, environ: Environ) -> dict[str, Any]:
    """How often a reply is held, written and read."""
    peaks = [peak_of(app, environ) for _ in range(TIMES)]
    return {
        "json": json_passes_of(app, dict(environ)),
        "peak_bytes": min(peak for peak, _ in peaks),
        "reply_bytes": peaks[0][1],
    }


def measure(requests: Requests) -> dict[str, Any]:
    """Everything: as it is, and with each of the slowdowns put in."""
    app, kinds = requests.app, requests.kinds()
    found: dict[str, Any] = {"requests": {name: cost(app, make) for name, make in kinds.items()}}
    large = {WHOLE_LIST: requests.whole_list(), LARGE_SESSION: requests.large_session()}
    found["replies"] = {name: copies(app, environ) for name, environ in large.items()}
    found["slowdowns"] = {}
    for name, slowdown in {"none": nullcontext, **SLOWDOWNS}.items():
        with slowdown():
            found["slowdowns"][name] = {
                "requests": {kind: cost(app, kinds[kind]) for kind in (ME, LIST_50)},
                "replies": {kind: copies(app, environ) for kind, environ in large.items()},
            }
    captures.recorder = captures.Recorder(Switch("costs", math.inf))
    found["captured"] = cost(app, kinds[ME])
    captures.recorder = None
    with swapped(app, "users.get_user"):
        found["swapped"] = cost(app, kinds[ME])
    return found


@contextmanager
def swapped(app: Flask, name: str) -> Iterator[None]:
    """Another text of a query file is in force."""
    folder, database = app.extensions["settings"].swaps_folder, app.extensions["database"]
    text = CATALOGUE.find(name).text.encode()
    write_swap(folder, Swap(name, text + b"\n-- swapped", digest_of(text), "costs", 0.0))
    database.follow_swaps()
    yield
    shutil.rmtree(folder)
    database.follow_swaps()


def main() -> None:
    hashes_by(QUICK_HASHER)  # calls are counted, not seconds
    app = create_app()
    with psycopg.connect(sys.argv[1], autocommit=True) as database, tempfile.TemporaryDirectory() as folder:
        activity.join(Path(folder), threads=1)  # as a worker does
        found = measure(Requests(app, database))
    app.extensions["database"].close()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
