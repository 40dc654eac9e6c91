"""Compresses replies by gzip where no nginx stands in front that does it, if COMPRESS_REPLIES says so.

Bounded: replies of some size, by the quickest level, on a part of the threads at a time. Whoever finds no place is
answered without compression.
"""

from __future__ import annotations

import threading
import zlib
from typing import TYPE_CHECKING

from flask import Flask, Response, request

if TYPE_CHECKING:
    from workouts_api.config import Settings

_LEAST, _MOST = 1000, 4 * 2**20  # bytes: below, it saves no packet; above, a reply would keep a core for long
_LEVEL = 1  # 57 kB of sessions become 4.7 kB in 0.08 ms; by level 6 3.9 kB in 0.24 ms
_KINDS = frozenset({"application/json", "text/csv", "text/plain", "image/svg+xml"})
_WITH_SECRETS = ("/api/v1/auth/", "/pages")  # the length of what is compressed tells of what is in it


def init_app(app: Flask, settings: Settings) -> None:
    if not settings.compress_replies:
        return
    places = threading.BoundedSemaphore(max(1, settings.web_threads // 4))

    @app.after_request
    def compress(response: Response) -> Response:
        if _is_worth_it(response) and places.acquire(blocking=False):
            try:
                _compress(response)
            finally:
                places.release()
        return response


def _is_worth_it(response: Response) -> bool:
    return (
        request.method in ("GET", "HEAD")  # what writes give may have secrets in it, such as a new key
        and response.mimetype in _KINDS
        and not response.is_streamed
        and not response.direct_passthrough
        and _LEAST <= (response.content_length or response.calculate_content_length() or 0) <= _MOST
        and "Content-Encoding" not in response.headers
        and not request.path.startswith(_WITH_SECRETS)
        and request.accept_encodings["gzip"] > 0
    )


def _compress(response: Response) -> None:
    making = zlib.compressobj(_LEVEL, wbits=16 + zlib.MAX_WBITS)  # 16: gzip, with its header and checksum
    response.set_data(making.compress(response.get_data()) + making.flush())
    response.headers["Content-Encoding"] = "gzip"
    tag, is_weak = response.get_etag()
    if tag is not None and not is_weak:
        response.set_etag(tag, weak=True)  # other bytes of the same content; nginx does likewise
