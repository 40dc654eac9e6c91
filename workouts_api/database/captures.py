"""Real parameters of query files, kept when a DBA asks: the slowest calls of each file, and some by chance.

Owns what is kept, and its bounds; ``capture_files`` owns the folder. ``workouts sql capture`` writes a switch into the
data folder. Each process looks at it once a second, and writes what it has kept into a file of its own, which only its
user may read. Without the switch nothing is kept, and a call of a query does nothing here.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappush, heapreplace
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, Any

import orjson

from workouts_api.database.capture_files import FORM, SUFFIX, Switch, clear, read_switch, write_whole
from workouts_api.logs import log

if TYPE_CHECKING:
    from workouts_api.database.prepared import Statement
    from workouts_api.sql.files import QueryFile

SLOWEST = 10  # calls of each file
BY_CHANCE = 20  # further calls of each file: each of its calls is as likely to be among them
MAX_VALUE = 64 * 1024  # bytes of one value; a longer one is left out
MAX_BYTES = 8 * 1024 * 1024  # of one process; what comes later is not kept
KEEP_DAYS = 7  # after which a file is removed
LOOK_EVERY, WRITE_EVERY = 1.0, 5.0  # seconds
_WITHHELD = "secret"
_ENTRY = 200  # bytes of a call besides its values, about

Value = bytes | int | None
"""As it was sent; an int is the length of one that was too long. A secret is None."""
Entry = tuple[float, float, int, int, str, Sequence[Value], float]
"""Seconds, a tie-breaker, size, rows, the request's id, the values, when."""


@dataclass(slots=True)
class _Kept:
    """What is kept of one file."""

    file: QueryFile
    secrets: tuple[int, ...]
    documents: tuple[int, ...]
    seen: int = 0
    slowest: list[Entry] = field(default_factory=list)
    by_chance: list[Entry] = field(default_factory=list)


class Recorder:
    """What this process keeps while the switch is on."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self._kept: dict[bytes, _Kept] = {}
        self._lock = threading.Lock()
        self._bytes = 0
        self.changes = 0

    def note(self, statement: Statement, values: Sequence[bytes | None], seconds: float, rows: int, who: str) -> None:
        """Keeps one call, if it is slow or chance wants it. Of most calls only the time is looked at."""
        with self._lock:
            kept = self._kept.get(statement.prepared.name)
            if kept is None:
                kept = self._kept[statement.prepared.name] = _begun(statement.file)
            kept.seen = seen = kept.seen + 1
            is_slow = len(kept.slowest) < SLOWEST or seconds > kept.slowest[0][0]
            place = seen - 1 if seen <= BY_CHANCE else int(random() * seen)  # noqa: S311 – a sample, no secret
            if is_slow or place < BY_CHANCE:
                self._keep(kept, values, seconds, rows, who, is_slow, place)

    def _keep(
        self,
        kept: _Kept,
        values: Sequence[bytes | None],
        seconds: float,
        rows: int,
        who: str,
        is_slow: bool,
        place: int,
    ) -> None:
        fit = _fit_to_keep(kept, values)
        size = sum(len(value) for value in fit if isinstance(value, bytes)) + _ENTRY
        if self._bytes + 2 * size > MAX_BYTES:
            return
        self.changes += 1
        entry: Entry = (seconds, random(), size, rows, who, fit, time.time())  # noqa: S311 – likewise
        if is_slow:
            self._bytes += size
            if len(kept.slowest) < SLOWEST:
                heappush(kept.slowest, entry)
            else:
                self._bytes -= heapreplace(kept.slowest, entry)[2]
        if place < BY_CHANCE:
            self._bytes += size
            if place < len(kept.by_chance):
                self._bytes -= kept.by_chance[place][2]
                kept.by_chance[place] = entry
            else:
                kept.by_chance.append(entry)

    def content(self) -> bytes:
        """What the file holds: calls by the version of their query, of which a swap makes another one."""
        with self._lock:
            kept = [(one, one.seen, [*one.slowest], [*one.by_chance]) for one in self._kept.values()]
        files = {
            one.file.version: {
                "seen": seen,
                "slowest": [_written(one.file, entry) for entry in slowest],
                "by_chance": [_written(one.file, entry) for entry in by_chance],
            }
            for one, seen, slowest, by_chance in kept
        }
        return orjson.dumps({"form": FORM, "switch": self.switch.name, "files": files})


recorder: Recorder | None = None
"""What calls are told to; None while the switch is off."""


def _begun(file: QueryFile) -> _Kept:
    declared = {parameter.name: parameter for parameter in file.parameters}
    places = list(enumerate(declared[name] for name in file.order))
    return _Kept(
        file,
        tuple(place for place, parameter in places if parameter.is_secret),
        tuple(place for place, parameter in places if "json" in parameter.type and not parameter.is_secret),
    )


def _fit_to_keep(kept: _Kept, values: Sequence[bytes | None]) -> Sequence[Value]:
    """The values without secrets, which so never get into this process's file, and without the longest."""
    shown: list[Value] = [value if value is None or len(value) <= MAX_VALUE else len(value) for value in values]
    for place in kept.secrets:
        shown[place] = None
    for place in kept.documents:
        if isinstance(document := shown[place], bytes) and _A_SECRET.search(document):
            shown[place] = orjson.dumps(_masked(orjson.loads(document)))
    return shown


_A_SECRET = re.compile(rb'"[^"]*(?:password|passphrase|secret|token|hash)[^"]*":', re.IGNORECASE)


def _masked(value: Any, key: bytes = b"") -> Any:
    """A document with "secret" in place of every text whose key is that of a secret."""
    if isinstance(value, dict):
        return {name: _masked(one, f'"{name}":'.encode()) for name, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, key) for one in value]
    return _WITHHELD if isinstance(value, str) and _A_SECRET.search(key) else value


def _written(file: QueryFile, entry: Entry) -> dict[str, Any]:
    seconds, _, _, rows, who, sent, at = entry
    secrets = {parameter.name for parameter in file.parameters if parameter.is_secret}
    values: dict[str, str | None] = {}
    withheld: dict[str, str] = {}
    for name, value in zip(file.order, sent, strict=True):
        if name in secrets:
            withheld[name] = _WITHHELD
        elif isinstance(value, int):
            withheld[name] = f"{value:,} bytes"
        else:
            values[name] = None if value is None else value.decode(errors="replace")
    about = {"at": at, "ms": round(seconds * 1000, 3), "rows": rows, "request_id": who}
    return {**about, "values": values, "withheld": withheld}


class Watch:
    """Looks at the switch, and writes this process's file, in a thread."""

    def __init__(self, folder: Path, name: str) -> None:
        """:param name: of the file; that of a process which had the name before is kept beside it."""
        self._folder = folder
        self._path = folder / f"{name}{SUFFIX}"
        self._written_at, self._written = 0.0, 0
        self._is_told = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="captures", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Writes what is left and ends."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(LOOK_EVERY)

    def _run(self) -> None:
        while True:
            is_last = self._ended.wait(LOOK_EVERY)
            try:
                self.look(at_once=is_last)
                self._is_told = False
            except OSError as error:  # a folder that cannot be written keeps nothing, and ends no worker
                if not self._is_told:
                    log.warning("captures cannot be written", cause=str(error))
                self._is_told = True
            except Exception:  # such as a full memory: the next look may succeed, else the switch would never end here
                log.exception("captures not kept")
            if is_last:
                return

    def look(self, *, at_once: bool = False) -> None:
        """Follows the switch.

        :raises OSError: when the folder cannot be written.
        """
        global recorder
        switch, current = read_switch(self._folder), recorder
        if switch is None:
            recorder = None
        elif current is not None and current.switch.name == switch.name:
            if not switch.is_on:
                recorder = None
            self._write(current, at_once=at_once or not switch.is_on)
        elif switch.is_on:
            with contextlib.suppress(FileNotFoundError):
                self._path.rename(self._path.with_name(f"before-{self._path.name}"))
            recorder, self._written = Recorder(switch), 0
        elif time.time() - switch.until > KEEP_DAYS * 86_400:
            clear(self._folder)

    def _write(self, kept: Recorder, *, at_once: bool) -> None:
        now = time.monotonic()
        if kept.changes != self._written and (at_once or now - self._written_at >= WRITE_EVERY):
            self._written_at, self._written = now, kept.changes
            write_whole(self._path, kept.content())
