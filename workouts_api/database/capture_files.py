"""The folder in which real parameters are kept while a DBA asked for them: the switch, and a file of each process.

Only the user of the processes may read it. Files are written whole or not at all. What belongs to another switch than
the last one is not read.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from workouts_api.config.private_files import in_place_of

FORM = 2
SUFFIX = ".kept"
_SWITCH = "switch.json"


@dataclass(frozen=True, slots=True)
class Switch:
    """That calls are to be kept, and until when: seconds since 1970."""

    name: str
    until: float

    @property
    def is_on(self) -> bool:
        return time.time() < self.until


def switch_on(folder: Path, seconds: float) -> Switch:
    """Begins anew: what was kept before is removed.

    :raises OSError: when the folder cannot be written.
    """
    clear(folder)
    now = time.time()
    switch = Switch(f"{now:.6f}", now + seconds)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(folder / _SWITCH, orjson.dumps({"name": switch.name, "until": switch.until}))
    return switch


def switch_off(folder: Path) -> None:
    """Ends it now; what was kept stays.

    :raises OSError: when the folder cannot be written.
    """
    if (switch := read_switch(folder)) is not None and switch.is_on:
        write_whole(folder / _SWITCH, orjson.dumps({"name": switch.name, "until": time.time()}))


def clear(folder: Path) -> None:
    """Removes the switch and all that was kept.

    :raises OSError: when that is refused.
    """
    if folder.is_dir():
        shutil.rmtree(folder)


def read_switch(folder: Path) -> Switch | None:
    """The switch; None where there is none, or none that can be read."""
    try:
        told = orjson.loads((folder / _SWITCH).read_bytes())
        return Switch(str(told["name"]), float(told["until"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_files(folder: Path) -> Iterator[Mapping[str, Any]]:
    """By version of a query file, what each process has kept since the switch was set."""
    switch = read_switch(folder)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            told = orjson.loads(path.read_bytes())
            if switch is not None and (told["form"], told["switch"]) == (FORM, switch.name):
                yield told["files"]


def write_whole(path: Path, content: bytes) -> None:
    beside = path.with_suffix(f".{os.getpid()}.new")
    with in_place_of(path, beside):
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write(content)
