"""A proxy between the application and PostgreSQL that counts round trips and can delay them."""

from __future__ import annotations

import contextlib
import math
import queue
import socket
import threading
import time
from pathlib import Path
from types import TracebackType

# psycopg may send one behind a sync whose answer is on its way: nobody waits for it
_LONE_FLUSH = b"H\0\0\0\x04"


class CountingProxy:
    """Listens on a unix socket, or on the loopback, and forwards to PostgreSQL's.

    A round trip is a turn of the conversation: bytes from the client after it was given bytes from the server.
    ``delay`` is that of a round trip in seconds; half of it lies in each direction.
    """

    def __init__(self, folder: Path, target: Path, *, delay: float = 0.0, tcp: bool = False) -> None:
        self.folder, self.port = folder, 5432
        self.delay = delay
        self.trips = 0
        self.answers: float = math.inf
        """How many bytes of answers still come through; behind them, and at 0, it swallows what either side sends."""
        self.hangs_up_at: bytes | None = None
        """What nobody may say: a connection that carries it is cut, and the server never hears it."""
        self.hung_up = 0
        self._target = target
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        if tcp:
            self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
            self.port = self._listener.getsockname()[1]
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(folder / f".s.PGSQL.{self.port}"))
            self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> CountingProxy:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._listener.close()
        self.drop_connections()

    def drop_connections(self) -> None:
        """Cuts every connection, as a killed SSH server would."""
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(str(self._target))
            except OSError:
                near.close()
                far.close()
                continue
            self._sockets += [near, far]
            conversation = _Conversation(self, near, far)
            for source, sink in ((near, far), (far, near)):
                line: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                heard = conversation.client_spoke if source is near else None
                said = conversation.client_heard if sink is near else None
                threading.Thread(target=self._read, args=(source, line, heard), daemon=True).start()
                threading.Thread(target=self._write, args=(line, sink, said, conversation), daemon=True).start()

    def _read(self, source, line, heard) -> None:
        while True:
            try:
                data = source.recv(1 << 16)
            except OSError:
                data = b""
            if heard and data and data != _LONE_FLUSH:
                heard()
            if heard and self.hangs_up_at and self.hangs_up_at in data:
                self.hung_up += 1
                source.shutdown(socket.SHUT_RDWR)
                data = b""
            line.put((time.monotonic() + self.delay / 2, data))
            if not data:
                return

    def _write(self, line, sink, said, conversation) -> None:
        while True:
            due, data = line.get()
            if self.delay:
                time.sleep(max(0.0, due - time.monotonic()))
            if not data:
                conversation.end(sink)
                return
            if said:
                said()
            data = self._let_through(data, is_answer=said is not None)
            with contextlib.suppress(OSError):
                sink.sendall(data)

    def _let_through(self, data: bytes, *, is_answer: bool) -> bytes:
        with self._lock:
            if not is_answer:
                return data if self.answers else b""
            through = data[: int(min(self.answers, len(data)))]
            self.answers -= len(through)
            return through


class _Conversation:
    """Whose turn it is on one connection."""

    def __init__(self, proxy: CountingProxy, near: socket.socket, far: socket.socket) -> None:
        self._proxy = proxy
        self._open = [near, far]
        self._ended = 0
        self._answered = True

    def end(self, sink: socket.socket) -> None:
        """One direction has ended: the other is told, and both sockets are closed once it has ended too."""
        with self._proxy._lock, contextlib.suppress(OSError):
            self._ended += 1
            if self._ended == 2:
                for one in self._open:
                    one.close()
            else:
                sink.shutdown(socket.SHUT_RDWR)

    def client_spoke(self) -> None:
        with self._proxy._lock:
            if self._answered:
                self._proxy.trips += 1
            self._answered = False

    def client_heard(self) -> None:
        with self._proxy._lock:
            self._answered = True
