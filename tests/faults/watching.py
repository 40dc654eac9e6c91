"""The admin listener, watched from outside."""

from __future__ import annotations

import http
import http.client
import threading
import time

from tests.admin.conftest import ask


class Watch:
    """Asks the admin listener ten times a second, and remembers the slowest answer."""

    def __init__(self, place: str) -> None:
        self._place = place
        self.took: list[float] = []
        self.failures: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _look(self) -> None:
        while not self._over.wait(0.1):
            began = time.monotonic()
            try:
                status = ask(self._place, "/live").status
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(type(error).__name__)
                continue
            if status != http.HTTPStatus.OK:
                self.failures.append(str(status))
            self.took.append(time.monotonic() - began)
