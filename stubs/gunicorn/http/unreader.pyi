import socket

class SocketUnreader:
    sock: socket.socket
    mxchunk: int
    max_body_chunk: int
    def __init__(self, sock: socket.socket) -> None: ...
    def chunk(self, size_hint: int | None = None) -> bytes: ...
