"""The gunicorns that serve one after another on the same sockets. Owns how one takes over from another.

A reload starts a second gunicorn. Its processes are new, so they load the code, the query files and the settings that
lie on the disk now. When all of its workers are ready they begin together, and the old gunicorn finishes its requests.
Whatever goes wrong before that ends the new one alone.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import workouts_api
from workouts_api.host.reloads import Reload, write_reload
from workouts_api.host.supervisor import Child, Supervisor
from workouts_api.serve.road import Road

APPLICATION = "workouts_api:create_app()"
SERVER_GRACE = 10.0  # s beyond REQUEST_TIMEOUT; gunicorn itself waits half of that for running requests
USERS = 2  # the level of what uses the database: it ends first
REPLACED_AT_MOST = 10.0  # s between two servers that were killed; if it happens faster, something is wrong
REFUSAL_GRACE = 3.0  # s that a refused gunicorn has to end before it is killed


def server_grace(request_timeout: float) -> float:
    """Seconds that gunicorn has to end: more than it gives to running requests."""
    return request_timeout + SERVER_GRACE


@dataclass
class Server:
    """A gunicorn, and what it says of itself through its pipes."""

    child: Child
    heard: int | None
    """Our end of the pipe on which its processes speak; None: nobody listens any more."""
    go: int | None
    """The end that we close when its workers may go on: connect at a start, serve at a reload. None: we have."""
    ready: set[int] = field(default_factory=set)
    expected: int | None = None
    failure: str = ""
    waits: str = ""
    rest: bytes = b""

    def listen(self) -> None:
        """Reads what has been said, without waiting."""
        if self.heard is None:
            return
        with suppress(BlockingIOError):
            while said := os.read(self.heard, 65536):
                *lines, self.rest = (self.rest + said).split(b"\n")
                for line in lines:
                    self._take(json.loads(line))

    def _take(self, said: dict[str, object]) -> None:
        if isinstance(pid := said.get("ready"), int) and isinstance(of := said.get("of"), int):
            self.ready.add(pid)
            self.expected = of
        self.failure = self.failure or str(said.get("failure", ""))
        self.waits = str(said.get("waits", self.waits))

    def is_decided(self) -> bool:
        self.listen()
        return self.is_ready or bool(self.failure) or self.heard is None or self.child.has_ended()

    @property
    def is_ready(self) -> bool:
        return self.expected is not None and len(self.ready) >= self.expected

    def why(self) -> str:
        """Why it does not serve, as far as it has said so."""
        self.listen()
        return self.failure

    def let_go_on(self) -> None:
        if self.go is not None:
            os.close(self.go)
            self.go = None

    def close(self) -> None:
        self.let_go_on()
        if self.heard is not None:
            os.close(self.heard)
            self.heard = None


class Servers:
    """The server that serves, and the reloads that replace it."""

    def __init__(self, road: Road, supervisor: Supervisor, app: str, *, watch: bool) -> None:
        self._road, self._supervisor, self._app, self._watch = road, supervisor, app, watch
        self._current: Server | None = None
        self._started = 0
        self._number = 0
        self._is_busy = False
        self._again = False
        self._replaced_at = -REPLACED_AT_MOST
        self._has_road = False
        self.prepare: Callable[[], str] = str
        """Called before each reload; returns why it is pointless, if it is."""
        self.after: Callable[[], None] = lambda: None
        """Called after each reload that has succeeded."""
        self._note("idle", "")

    def start(self) -> Server:
        """One whose workers serve as soon as there is a way to the database, see :meth:`open_road`."""
        self._current = self._server(is_first=True)
        if self._has_road:
            self._current.let_go_on()
        self._supervisor.start(self._current.child)
        return self._current

    def open_road(self) -> None:
        """The workers may connect. Before that they load what they need."""
        self._has_road = True
        if self._current is not None:
            self._current.let_go_on()

    def reload(self) -> None:
        """Replaces the server. A call during a reload has another one follow, for what has been installed meanwhile."""
        self._again = True
        if self._is_busy or self._current is None:
            return
        self._is_busy = True
        try:
            while self._again:
                self._again = False
                self._reload()
        finally:
            self._is_busy = False

    def _reload(self) -> None:
        began = time.monotonic()
        self._number += 1
        self._road.systemd.reloading()
        self._note("running", "")
        new, why = self._candidate()
        if new is None:
            sentence = f"Not reloaded, the old workers go on: {why}."
        else:
            self._take_over(new)
            sentence = f"Reloaded: {len(new.ready)} new workers serve after {time.monotonic() - began:.1f} s."
            self.after()
        self._road.say(sentence)
        self._note("refused" if new is None else "done", sentence)
        self._road.systemd.ready(sentence)

    def _candidate(self) -> tuple[Server | None, str]:
        """A new server whose workers are ready; or None, and why there is none."""
        if pointless := self.prepare():
            return None, pointless
        timeout = self._road.settings.reload_timeout
        new = self._server(is_first=False)
        new.child.is_extra = True
        self._supervisor.start(new.child)
        self._supervisor.wait_until(new.is_decided, timeout)
        if new.is_ready and not new.failure:
            return new, ""
        why = new.failure or _ended(new.child) or f"the new workers were not ready within {timeout:g} s"
        if not new.failure and new.waits:
            why += f" ({new.waits})"
        self._refuse(new)
        return None, why.rstrip(".")

    def _take_over(self, new: Server) -> None:
        old, self._current = self._current, new
        new.child.is_extra = False
        new.let_go_on()
        if old is not None:
            self._supervisor.retire(old.child)
            old.close()

    def _replace(self, killed: Server) -> bool:
        """Starts another one for a server that was killed while it served. Clients wait meanwhile: the socket is ours.

        Returns False where the end of all is better: it never served, or the last one was killed just now.
        """
        killed.listen()
        now = time.monotonic()
        if not killed.is_ready or now - self._replaced_at < REPLACED_AT_MOST:
            return False
        self._replaced_at = now
        killed.close()
        self.start()
        return True

    def _refuse(self, server: Server) -> None:
        """Ends it before its pipe: a worker whose pipe ends would begin."""
        server.child.hurry()
        self._supervisor.wait_until(server.child.has_ended, REFUSAL_GRACE)
        server.child.kill()
        self._supervisor.wait_until(server.child.has_ended, REFUSAL_GRACE)
        server.close()

    def _server(self, *, is_first: bool) -> Server:
        """Without an older one that serves, it waits for the road; else until all of its workers are ready."""
        heard, says = os.pipe()
        stays, go = os.pipe()
        os.set_blocking(heard, False)
        fds = (*self._road.listener.fds, says, stays)
        pipes = (says, stays, -1) if is_first else (says, -1, stays)
        command = _command(self._road.listener.fds, pipes, self._app, watch=self._watch)
        grace = server_grace(self._road.settings.request_timeout)
        child = Child("server (gunicorn)", command, self._road.environ, grace=grace, level=USERS, fds=fds)
        child.spent = (says, stays)
        server = Server(child, heard, go)
        child.why, child.instead = server.why, lambda: self._replace(server)
        return server

    def _note(self, state: str, sentence: str) -> None:
        try:
            write_reload(self._road.data, Reload(os.getpid(), self._number, state, sentence))
        except OSError as error:  # nobody who waits hears of it, but what serves goes on
            self._road.say(f"the reload's state cannot be written: {error}")


def _ended(child: Child) -> str:
    if not child.has_ended() or child.process is None:
        return ""
    return f"gunicorn ended with code {child.process.returncode}; its output says why"


def _command(listeners: tuple[int, ...], pipes: tuple[int, ...], app: str, *, watch: bool) -> list[str]:
    command = [
        *(sys.executable, "-m", "workouts_api.web.gunicorn_start"),
        *(",".join(map(str, listeners)), *map(str, pipes)),
        *("--config", "python:workouts_api.web.gunicorn_config", "--no-control-socket"),
    ]
    if watch:
        queries = (Path(workouts_api.__file__).parent / "queries").resolve()
        command += ["--reload", "--reload-extra-file", f"{queries}/**/*.sql"]
    else:
        # Loaded once, for all workers: they share its memory. A reload starts another gunicorn, so it brings new code.
        command += ["--preload"]
    return [*command, app]
