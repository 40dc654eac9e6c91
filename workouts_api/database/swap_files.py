"""The folder of swaps: texts that take the place of the release's query files on this host.

Owns the files' form. Each is named by its query and holds a line that says who swapped it, when, and against which text
of the release, and below it the new text as it is. A file is written whole or not at all. What others than its owner
and root could have changed is not used: the application runs it with all of its rights.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from workouts_api.config.private_files import belongs_to_another, in_place_of

MAX_BYTES = 1024 * 1024
SUFFIX = ".sql"
PATIENCE = 3.0  # s to wait for another writer, who needs a few milliseconds unless it was stopped
_FORM = 1
_FIRST = b"-- swap "


class DamagedSwapError(Exception):
    """A file of the folder is not used. The message says why."""


@dataclass(frozen=True, slots=True)
class Swap:
    """A text in place of the release's. ``release`` is the SHA-256 of the text for which it was checked."""

    query: str
    text: bytes
    release: str
    by: str
    at: float
    """Seconds since 1970."""

    @property
    def digest(self) -> str:
        return digest_of(self.text)


def digest_of(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def read_contents(folder: Path) -> dict[str, bytes | str]:
    """By query, what its file holds; or why it cannot be used, in words. Empty where there is no folder."""
    try:
        found = list(os.scandir(folder))
    except OSError:
        return {}
    names = sorted(one.name for one in found if one.name.endswith(SUFFIX) and not one.name.startswith("."))
    contents = {name.removesuffix(SUFFIX): _content(folder / name) for name in names}
    return {query: content for query, content in contents.items() if content}


def _content(path: Path) -> bytes | str:
    """Nothing, if the file has gone since the folder was listed."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"not readable: {error.strerror}"
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            return "no regular file"
        if belongs_to_another(found) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return f"others than user {os.geteuid()} may change it"
        with os.fdopen(file, "rb", closefd=False) as opened:
            return opened.read(min(found.st_size + 1, MAX_BYTES)) or "empty"
    except OSError as error:
        return f"not readable: {error.strerror}"
    finally:
        os.close(file)


def parse(query: str, content: bytes | str) -> Swap:
    """The swap that a file holds.

    :raises DamagedSwapError: when the file is damaged.
    """
    if isinstance(content, str):
        raise DamagedSwapError(content)
    first, _, text = content.partition(b"\n")
    try:
        told = orjson.loads(first.removeprefix(_FIRST))
        swap = Swap(query, text, str(told["release"]), str(told["by"]), float(told["at"]))
        form, digest = told["form"], told["digest"]
    except (ValueError, KeyError, TypeError):
        raise DamagedSwapError("its first line is no record of a swap") from None
    if form != _FORM:
        raise DamagedSwapError(f"it has form {form}: expected {_FORM}")
    if digest != swap.digest:  # also of one that is longer than what is read
        raise DamagedSwapError("its text does not have the digest that it names")
    return swap


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keeps other writers out. Readers need nothing of the kind: a file is replaced in one step.

    :raises OSError: when the folder cannot be had.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    lock, deadline = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), time.monotonic() + PATIENCE
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise OSError(errno.EBUSY, "another swap is under way and does not end", str(folder)) from None
                time.sleep(0.02)
        yield
    finally:
        os.close(lock)


def write(folder: Path, swap: Swap) -> None:
    """Keeps a swap in place of an earlier one of the same query.

    :raises OSError: when the folder cannot be written, or the text is larger than what is read.
    """
    told = {"form": _FORM, "digest": swap.digest, "release": swap.release, "by": swap.by, "at": swap.at}
    content = _FIRST + orjson.dumps(told) + b"\n" + swap.text
    if len(content) > MAX_BYTES:
        raise OSError(errno.EFBIG, f"a text of {len(swap.text):,} bytes: expected less than {MAX_BYTES:,}", swap.query)
    folder.mkdir(mode=0o700, exist_ok=True)
    beside = folder / f".{swap.query}.{os.getpid()}.new"
    with in_place_of(folder / f"{swap.query}{SUFFIX}", beside):
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(file)


def remove(folder: Path, query: str) -> bool:
    """Ends a swap; whether there was one.

    :raises OSError: when the folder cannot be written.
    """
    try:
        (folder / f"{query}{SUFFIX}").unlink()
    except FileNotFoundError:
        return False
    return True
