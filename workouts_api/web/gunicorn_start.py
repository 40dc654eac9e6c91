"""Starts gunicorn for ``workouts serve``: ``python -m workouts_api.web.gunicorn_start FDS READY ROAD GO ARGUMENT …``.

Takes over the listening sockets, and says in one line why a release does not even begin. So it imports nothing of the
project at the top.
"""

from __future__ import annotations

import fcntl
import importlib
import os
import sys

FIRST = 3  # where gunicorn looks for sockets that it is passed; see sd_listen_fds(3)
_OUT_OF_THE_WAY = 100


def main() -> None:
    listeners = sys.argv[1].split(",")
    ready, road, go = (_moved(int(fd)) for fd in sys.argv[2:5])
    _pass([int(fd) for fd in listeners])
    standing_by = importlib.import_module("workouts_api.web.standing_by")
    standing_by.use(ready, road, go)
    del sys.argv[1:5]
    try:
        importlib.import_module("workouts_api.web.gunicorn_config")
        importlib.import_module("workouts_api.web.gunicorn_worker")
        importlib.import_module("gunicorn.app.wsgiapp").run(prog="gunicorn")
    except Exception as error:  # with --preload the application is loaded here
        standing_by.tell_failure(error)
        raise


def _moved(fd: int) -> int:
    """The descriptor under a number that no passed socket gets. Programs that are started do not inherit it."""
    if fd < 0:
        return fd
    copy = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY)
    os.close(fd)
    return copy


def _pass(listeners: list[int]) -> None:
    """Hands the sockets on as systemd does. gunicorn then knows that they are not its own, and unlinks none."""
    copies = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY) for fd in listeners]
    for number, copy in enumerate(copies):
        os.dup2(copy, FIRST + number)
        os.close(copy)
    for fd in listeners:
        if not FIRST <= fd < FIRST + len(copies):
            os.close(fd)
    os.environ |= {"LISTEN_FDS": str(len(copies)), "LISTEN_PID": str(os.getpid())}


if __name__ == "__main__":
    main()
