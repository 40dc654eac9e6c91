"""Room for imports in a worker: they take long, and those of one athlete wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app

from workouts_api.config import Settings
from workouts_api.errors import Unavailable

_PLACES = "importing"


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions[_PLACES] = threading.BoundedSemaphore(max(1, settings.web_threads // 2))


@contextmanager
def importing() -> Iterator[None]:
    """A place for an import: half of the worker's threads, so that other requests are served however many there are.

    :raises Unavailable: when all are taken.
    """
    places: threading.BoundedSemaphore = current_app.extensions[_PLACES]
    if not places.acquire(blocking=False):
        raise Unavailable("Too many files are being imported at this moment.", retry_after=2)
    try:
        yield
    finally:
        places.release()
