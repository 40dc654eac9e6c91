import socket
from typing import Any

class TConn:
    sock: Any
    parser: Any
    initialized: bool
    data_ready: bool
    is_http2: bool
    def init(self) -> None: ...

class ThreadWorker:
    cfg: Any
    log: Any
    wsgi: Any
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def load_wsgi(self) -> None: ...
    def handle(self, conn: TConn) -> object: ...
    def handle_request(self, req: Any, conn: TConn) -> bool: ...
    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None: ...
