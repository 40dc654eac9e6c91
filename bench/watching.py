"""``python -m bench.watching``: what logs, metrics and the map of threads cost ``GET /api/v1/users/me``.

One process serves the request again and again, with them and without them in turn. The CPU time of each round is
compared with that of its neighbour, so a slow spell of the machine falls on both.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any
from unittest.mock import patch

from bench.stage import get, set_up

_STUBS = 5  # calls of what takes the place of the map's and the metrics' functions
REQUESTS = 100  # of a round


@contextmanager
def unwatched(app: Any) -> Iterator[None]:
    """Serves without the request's line, its counts and its place in the map."""
    hooks = app.after_request_funcs[None]
    kept = [hook for hook in hooks if hook.__name__ != "log_request"]
    nothing = [
        *(patch(f"workouts_api.metrics.{name}", _nothing) for name in ("note_request", "note_query")),
        *(patch(f"workouts_api.activity.{name}", _nothing) for name in ("begin", "query", "answered")),
    ]
    app.after_request_funcs[None] = kept
    for one in nothing:
        one.start()
    try:
        yield
    finally:
        for one in nothing:
            one.stop()
        app.after_request_funcs[None] = hooks


def _nothing(*_: object) -> None:
    pass


def environ_of(request: bytes) -> dict[str, Any]:
    """The WSGI environment of a request's bytes."""
    from werkzeug.test import EnvironBuilder

    first, *lines = request.split(b"\r\n\r\n")[0].decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    return EnvironBuilder(path, method=method, headers=list(headers.items())).get_environ()


def serve(app: Any, environ: dict[str, Any], times: int) -> float:
    """Seconds of this thread's CPU for a request."""
    before = time.thread_time()
    for _ in range(times):
        parts = app(dict(environ), lambda *_: None)
        b"".join(parts)
        parts.close()
    return (time.thread_time() - before) / times


def calls(app: Any, environ: dict[str, Any]) -> int:
    """How many Python functions a request calls."""
    count = 0

    def on_event(_: Any, event: str, __: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(on_event)
    try:
        serve(app, environ, 1)
    finally:
        sys.setprofile(None)
    return count


def calls_unwatched(app: Any, environ: dict[str, Any]) -> int:
    with unwatched(app):
        return calls(app, environ) - _STUBS


def pairs(app: Any, environ: dict[str, Any], count: int) -> list[tuple[float, float]]:
    """CPU seconds of a request with and without, of so many pairs of rounds."""
    found = []
    for number in range(count):
        rounds = {}
        for is_watched in (True, False) if number % 2 else (False, True):
            if is_watched:
                rounds[True] = serve(app, environ, REQUESTS)
            else:
                with unwatched(app):
                    rounds[False] = serve(app, environ, REQUESTS)
        found.append((rounds[True], rounds[False]))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.watching", description=__doc__)
    parser.add_argument("--pairs", type=int, default=100)
    given = parser.parse_args()
    with set_up() as stage:
        database = stage.database(0)
        os.environ.update(
            stage.environ(database, 8000, 1), RATE_LIMITS="false", LOG_FILE=str(stage.folder / "bench.log")
        )
        from workouts_api import activity, create_app

        app = create_app()
        activity.join(Path(stage.folder) / "workers", threads=1)
        environ = environ_of(get("/api/v1/users/me", database.viewer))
        serve(app, environ, 500)
        found = pairs(app, environ, given.pairs)
        app.extensions["database"].close()
    shares = [(with_it - without) / without for with_it, without in found]
    half = 1.96 * stdev(shares) / len(shares) ** 0.5
    usual = mean(without for _, without in found)
    least = min(with_it for with_it, _ in found) / min(without for _, without in found) - 1
    sys.stdout.write(
        f"GET /users/me takes {usual * 1e6:.0f} µs of CPU; logs, metrics and the map add {mean(shares):.1%}"
        f" ± {half:.1%} (95 %, {len(shares)} pairs of {REQUESTS} requests);"
        f" median {median(shares):.1%}, of the quickest rounds {least:.1%}\n"
        f"Python calls: {calls(app, environ)} with them, {calls_unwatched(app, environ)} without\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
