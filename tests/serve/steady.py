"""Clients that ask again and again on a connection that they keep, and count what fails."""

from __future__ import annotations

import http.client
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Steady:
    """``count`` clients, until it is left. Each opens a new connection only when the server ends the old one."""

    def __init__(self, url: str, path: str, count: int = 1) -> None:
        self.answered = 0
        self.failures: list[str] = []
        self._place, self._path = urlsplit(url).netloc, path
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection(self._place, timeout=20)
        while not self._over.wait(0.005):
            try:
                connection.request("GET", self._path)
                reply = connection.getresponse()
                reply.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
                continue
            if reply.status == http.HTTPStatus.OK:
                self.answered += 1
            else:
                self.failures.append(str(reply.status))
        connection.close()
