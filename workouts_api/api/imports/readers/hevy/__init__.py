"""Hevy: a table of comma-separated values with one row per set."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from zoneinfo import ZoneInfo

from workouts_api.api.imports.history import IsAssisted, Reader

from .file import HevyFile
from .scattered import ScatteredFile


@contextmanager
def open_export(
    stream: BinaryIO, zone: ZoneInfo, is_assisted: IsAssisted, *, in_any_order: bool = False
) -> Iterator[HevyFile]:
    """Reads a file's bytes as UTF-8, with or without a byte order mark."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="strict", newline="")
    try:
        yield (ScatteredFile if in_any_order else HevyFile)(text, zone, is_assisted)
    finally:
        text.detach()  # the caller closes the stream


READER = Reader("hevy", "a Hevy export", "A CSV file as Hevy exports it, UTF-8.", open_export)
