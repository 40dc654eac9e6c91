"""The files of relations, made as long as others are, without their contents.

The planner asks the file system how many blocks a table or an index has, and the first block of a b-tree how high it
is. So files of a stopped server are extended by holes, which take no room on the disk. A b-tree gets a root of
the right height, and an empty leaf: who searches it finds nothing.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from math import ceil
from pathlib import Path

from workouts_api.dba.production.told import BLOCK

SEGMENT_BLOCKS = 2**30 // BLOCK  # a relation's file is followed by others from 1 GiB on
_HEADER, _SPECIAL, _POINTER = 24, 16, 4  # bytes: of a page, of a b-tree's own end of it, of an item's pointer
_LEAF, _ROOT = 1, 2
_MAGIC, _VERSION = 0x053162, 4
_ROOM = BLOCK - _HEADER - _SPECIAL
_ITEM_HEAD = 8
_INNER_FILL, _LEAF_FILL = 0.70, 0.90  # as an index is built
_IS_PIVOT = 0x2000


def extend(path: Path, blocks: int) -> None:
    """Extends a relation to so many blocks, by holes. One that is longer stays as it is."""
    segment, owner = 0, path.stat()
    while blocks > 0:
        part = path if segment == 0 else path.with_name(f"{path.name}.{segment}")
        if not part.exists():
            part.touch(0o600)
            os.chown(part, owner.st_uid, owner.st_gid)
        if part.stat().st_size < (wanted := min(blocks, SEGMENT_BLOCKS) * BLOCK):
            os.truncate(part, wanted)
        blocks -= SEGMENT_BLOCKS
        segment += 1


def entry_of(parts: Iterable[tuple[int, int]]) -> int:
    """The bytes of an index entry with its pointer. Each part is a width, and at which multiple of bytes it begins."""
    end = 0
    for width, multiple in parts:
        end = _up(end, multiple) + width
    return _POINTER + _up(_ITEM_HEAD + end, 8)


def blocks_of(rows: float, entry: int) -> int:
    """How many blocks a b-tree of so many entries, each of so many bytes, has after it was built."""
    leaves = max(1, ceil(max(rows, 0) / int(_ROOM * _LEAF_FILL / entry)))
    inner = ceil(leaves / _fanout(entry)) if leaves > 1 else 0
    return 1 + leaves + inner


def height_of(blocks: int, entry: int) -> int:
    """How many levels a b-tree of so many blocks has above its leaves.

    It counts as one that grew: its root is split when it is full.
    """
    height, level = 0, blocks - 1
    while level > 1:
        level = 1 if level <= _ROOM // entry else ceil(level / _fanout(entry))
        height += 1
    return height


def _fanout(entry: int) -> int:
    return max(2, int(_ROOM * _INNER_FILL / entry))


def _up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


def plant(path: Path, height: int) -> None:
    """Gives a b-tree a root of this height, 1 or more, which leads to an empty leaf at once.

    The levels between them are left out: who descends asks of a page only whether it is a leaf.

    :raises ValueError: when the file is no b-tree of a version that is known.
    """
    with path.open("r+b") as file:
        meta = file.read(BLOCK)
        magic, version = struct.unpack_from("=II", meta, _HEADER)
        if (magic, version) != (_MAGIC, _VERSION):
            raise ValueError(f"{path} is no b-tree of version {_VERSION}")
        file.seek(_HEADER + 8)
        file.write(struct.pack("=IIII", 1, height, 1, height))  # root and its level, twice: the fast root
        file.seek(BLOCK)
        file.write(_page(height, _ROOT, below=2) + _page(0, _LEAF))


def _page(level: int, flags: int, below: int | None = None) -> bytes:
    """A page of a b-tree: empty, or with one entry that leads to the page below, whatever is looked for."""
    end = BLOCK - _SPECIAL
    pointer = item = b""
    if below is not None:  # a pivot without a key is less than all
        item = struct.pack("=HHHH", below >> 16, below & 0xFFFF, 0, _IS_PIVOT | 8)
        pointer = struct.pack("=I", (end - len(item)) | 1 << 15 | len(item) << 17)
    lower, upper = _HEADER + len(pointer), end - len(item)
    head = struct.pack("=QHHHHHHI", 0, 0, 0, lower, upper, end, BLOCK | 4, 0) + pointer
    return head.ljust(upper, b"\0") + item + struct.pack("=IIIHH", 0, 0, level, flags, 0)
