"""Limits how many imports a worker runs at once. Imports take long, and those of one athlete wait for each other."""

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
    """A place for an import. Half of the worker's threads may import; the other half always serves other requests.

    :raises Unavailable: when all places are taken.
    """
    places: threading.BoundedSemaphore = current_app.extensions[_PLACES]
    if not places.acquire(blocking=False):
        raise Unavailable("Too many files are being imported at this moment.", retry_after=2)
    try:
        yield
    finally:
        places.release()
