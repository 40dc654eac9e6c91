"""Receives and sends without waiting, and without giving up Python's lock.

Python's own socket calls release the global interpreter lock (GIL). With eight busy threads the main loop then waits
about a millisecond to get it back, at each call. These calls return within microseconds, so they keep it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket

_libc = ctypes.PyDLL(None, use_errno=True)  # PyDLL: the GIL is kept
_recv, _send = _libc.recv, _libc.send
_recv.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_send.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
_recv.restype = _send.restype = ctypes.c_ssize_t

_PIECE = 16 * 1024  # bytes; a request's head is seldom more
_buffer = ctypes.create_string_buffer(_PIECE)  # one is enough: the GIL is held until its bytes are copied
_FLAGS = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
_NOTHING_YET = (errno.EAGAIN, errno.EINTR)


def receive_now(sock: socket.socket) -> bytes | None:
    """What has come; None: nothing yet; empty: the other side has hung up.

    :raises OSError: when the connection is broken.
    """
    count = _recv(sock.fileno(), _buffer, _PIECE, _FLAGS)
    if count >= 0:
        return ctypes.string_at(_buffer, count)
    number = ctypes.get_errno()
    if number in _NOTHING_YET:
        return None
    raise OSError(number, os.strerror(number))


def send_now(sock: socket.socket, data: bytes) -> bool:
    """Sends as much as the socket's buffer takes. Returns whether that was all."""
    return bool(_send(sock.fileno(), data, len(data), _FLAGS) == len(data))
