"""A WSGI application that takes as long as its query string says, behind the project's worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

LARGE = 4_000_000  # times four bytes: more than the kernel keeps for a connection


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    while environ["wsgi.input"].read(65536):
        pass
    time.sleep(float(environ["QUERY_STRING"] or 0))
    done = b"done" * (LARGE if environ["PATH_INFO"] == "/large" else 1)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(done)))])
    return [done]
