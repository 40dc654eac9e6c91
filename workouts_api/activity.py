"""What each thread of each worker does now, in a small file per worker that other processes read.

Owns the file's format. A worker takes the lowest free slot and keeps it locked while it lives; the kernel frees the
slot of a worker that was killed. So there are never more files than there were workers at a time. Each thread has a
record of fixed size, which it alone writes. A writer never waits for a reader: a counter before and after the record
tells the reader whether it has read half of a change.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import mmap
import os
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_SLOTS = 1024
SPARE = 4  # records beyond the worker's threads, for others that serve requests in its process
_MAGIC = b"workouts activity 1"
_HEADER = struct.Struct("<32sIIIdQ")  # magic, process, slot, records, time of the start, mark
_MARK = struct.Struct("<Q")
_AT_MARK = _HEADER.size - _MARK.size
_HEADER_SIZE = 64
_RECORD_SIZE = 512
_COUNT = struct.Struct("<Q")  # even: at rest; odd: being written
_REQUEST = struct.Struct("<QQ16s160s128s")  # thread; began, 0: idle; method; route; request's id
_QUERY = struct.Struct("<Q96s")  # began, 0: has ended; its file
_AT_REQUEST = _COUNT.size
_AT_BEGAN = _AT_REQUEST + 8
_AT_QUERY = _AT_REQUEST + _REQUEST.size
_SECOND_COUNT = _RECORD_SIZE - _COUNT.size
_TRIES = 4
_NEVER = bytes(8)
_NO_QUERY = bytes(9)  # its time, and the first letter of its name


@dataclass(frozen=True)
class Request:
    """A request that a thread has begun and not ended. Times in seconds."""

    thread: int
    method: str
    route: str
    request_id: str
    running_s: float
    query: str | None
    """The query file that it runs, or ran last."""
    query_s: float | None
    """How long the query has been running; None: it has ended."""


@dataclass(frozen=True)
class Worker:
    """A worker that lives, and the requests that it has begun."""

    slot: int
    pid: int
    started_at: float
    """Seconds since 1970."""
    threads: int
    requests: tuple[Request, ...]
    mark: int
    """What it has told by show_mark(); 0 at first."""


class _Map:
    """This process's own file."""

    def __init__(self, file: int, folder: Path, slot: int, records: int) -> None:
        size = _HEADER_SIZE + records * _RECORD_SIZE
        # Blocks are taken now: a full disk must not end the worker later. Those of the worker before are kept.
        if os.pwrite(file, bytes(size), 0) < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        os.ftruncate(file, size)
        self.file, self.folder, self.slot, self.records = file, folder, slot, records
        self.memory = mmap.mmap(file, size)
        self.numbers = itertools.count()
        _HEADER.pack_into(self.memory, 0, _MAGIC, os.getpid(), slot, records, time.time(), 0)


class _Record:
    """One thread's place in the file."""

    __slots__ = ("at", "count", "memory", "thread")

    def __init__(self, memory: mmap.mmap, at: int) -> None:
        self.memory, self.at, self.count, self.thread = memory, at, 0, threading.get_native_id()


_own: _Map | None = None
_here = threading.local()


def join(folder: Path, threads: int) -> int:
    """Takes the lowest free slot for this process, for as long as it lives. Returns the slot's number.

    :raises OSError: when the folder cannot be written or all slots are taken.
    """
    global _here, _own
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for slot in range(MAX_SLOTS):
        file = os.open(folder / f"{slot}.map", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        try:
            _own = _Map(file, folder, slot, threads + SPARE)
        except OSError:  # the next try shall find the slot free
            os.close(file)
            raise
        _here = threading.local()  # what threads noted of an earlier file, such as that of the process before a fork
        return slot
    raise OSError(f"all {MAX_SLOTS} slots in {folder} are taken")


def is_lost() -> bool:
    """Whether somebody has removed this process's file: nobody sees it any more."""
    if _own is None:
        return False
    try:
        return not os.path.samestat(os.fstat(_own.file), (_own.folder / f"{_own.slot}.map").stat())
    except OSError:
        return True


def join_again() -> None:
    """Makes this process's file anew in the same slot. Threads note their next request there.

    :raises OSError: when it cannot be written, or another process has taken the slot.
    """
    global _here, _own
    if (before := _own) is None:
        return
    before.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(before.folder / f"{before.slot}.map", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        again = _Map(file, before.folder, before.slot, before.records)
    except OSError:
        os.close(file)
        raise
    again.memory[:_HEADER_SIZE] = before.memory[:_HEADER_SIZE]
    _own, _here = again, threading.local()
    os.close(before.file)


def slot() -> int | None:
    """This worker's slot; None where join() was not called."""
    return _own.slot if _own is not None else None


def show_mark(mark: int) -> None:
    """Shows others which swapped query files this worker runs."""
    if _own is not None:
        _MARK.pack_into(_own.memory, _AT_MARK, mark)


def leave() -> None:
    """Frees the slot before the process ends."""
    global _here, _own
    if _own is not None:
        os.close(_own.file)
        _own, _here = None, threading.local()


def _register() -> _Record | None:
    """Gives this thread its record; None where there is no file or no free record, and then nothing is noted."""
    record = None
    if _own is not None and (number := next(_own.numbers)) < _own.records:
        record = _Record(_own.memory, _HEADER_SIZE + number * _RECORD_SIZE)
    _here.record = record
    return record


# ── written by the thread that serves: a few operations in C, and no system call ────────────────────────────


def begin(method: str, route: str, request_id: str) -> None:
    """This thread begins a request."""
    try:
        record = _here.record
    except AttributeError:
        record = _register()
    if record is None:
        return
    memory, at, count = record.memory, record.at, record.count
    _COUNT.pack_into(memory, at, count + 1)
    _REQUEST.pack_into(
        memory,
        at + _AT_REQUEST,
        record.thread,
        time.monotonic_ns(),
        method.encode(),
        route.encode(),
        request_id.encode(),
    )
    memory[at + _AT_QUERY : at + _AT_QUERY + 9] = _NO_QUERY
    _COUNT.pack_into(memory, at + _SECOND_COUNT, count + 2)
    _COUNT.pack_into(memory, at, count + 2)
    record.count = count + 2


def query(name: bytes) -> None:
    """This thread sends a query, named by its file."""
    record = getattr(_here, "record", None)
    if record is None:
        return
    memory, at, count = record.memory, record.at, record.count
    _COUNT.pack_into(memory, at, count + 1)
    _QUERY.pack_into(memory, at + _AT_QUERY, time.monotonic_ns(), name)
    _COUNT.pack_into(memory, at + _SECOND_COUNT, count + 2)
    _COUNT.pack_into(memory, at, count + 2)
    record.count = count + 2


def answered() -> None:
    """The query of this thread has ended, in whichever way."""
    record = getattr(_here, "record", None)
    if record is not None:
        record.memory[record.at + _AT_QUERY : record.at + _AT_QUERY + 8] = _NEVER


def end() -> None:
    """This thread has ended its request."""
    record = getattr(_here, "record", None)
    if record is not None:
        record.memory[record.at + _AT_BEGAN : record.at + _AT_BEGAN + 8] = _NEVER


# ── read by another process ─────────────────────────────────────────────────────────────────────────────────


def read(folder: Path) -> list[Worker]:
    """The workers that live, by slot, with what their threads do."""
    paths = sorted(folder.glob("*.map"), key=lambda path: (len(path.name), path.name))
    return [worker for path in paths if (worker := _read_file(path)) is not None]


def _read_file(path: Path) -> Worker | None:
    with path.open("rb") as file:
        if not _is_kept(file.fileno()):
            return None
        content = memoryview(file.read(_HEADER_SIZE))
        if len(content) < _HEADER_SIZE:
            return None  # its worker is just beginning
        magic, pid, slot, records, started_at, mark = _HEADER.unpack_from(content)
        if magic.rstrip(b"\0") != _MAGIC:
            return None  # of a release with another format
        size = _HEADER_SIZE + records * _RECORD_SIZE
        if os.fstat(file.fileno()).st_size < size:
            return None
        with mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ) as memory:
            return Worker(slot, pid, started_at, records - SPARE, tuple(_requests(memory, records)), mark)


def _is_kept(file: int) -> bool:
    """Whether a worker that lives has locked the file."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _requests(memory: mmap.mmap, records: int) -> Iterator[Request]:
    for number in range(records):
        request = _request(_settled(memory, _HEADER_SIZE + number * _RECORD_SIZE))
        if request is not None:
            yield request


def _settled(memory: mmap.mmap, at: int) -> bytes:
    """A record that was not being changed while it was read. After a few tries it is taken as it is."""
    record = b""
    for _ in range(_TRIES):
        record = memory[at : at + _RECORD_SIZE]
        (before,) = _COUNT.unpack_from(record)
        (after,) = _COUNT.unpack_from(record, _SECOND_COUNT)
        if before == after and before % 2 == 0 and memory[at : at + _COUNT.size] == record[: _COUNT.size]:
            break
    return record


def _request(record: bytes) -> Request | None:
    thread, began, method, route, request_id = _REQUEST.unpack_from(record, _AT_REQUEST)
    if not began:
        return None
    now = time.monotonic_ns()
    query_began, query = _QUERY.unpack_from(record, _AT_QUERY)
    return Request(
        thread,
        _text(method),
        _text(route),
        _text(request_id),
        _seconds(now - began),
        _text(query) or None,
        _seconds(now - query_began) if query_began else None,
    )


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode(errors="replace")


def _seconds(ns: int) -> float:
    return round(max(ns, 0) / 1e9, 3)
