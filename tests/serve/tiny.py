"""A WSGI application that is ready at once, with one slow answer: what ``workouts serve`` is tested with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import Any

SLOW = {"/slow": 1, "/slower": 4}  # seconds


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] in SLOW:
        time.sleep(SLOW[environ["PATH_INFO"]])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
