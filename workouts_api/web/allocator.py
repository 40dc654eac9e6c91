"""The C library's allocator in a worker: it gives the memory of a password hash back to the system at once.

By default glibc keeps freed blocks for later use. After the first block of 19 MiB it does so for blocks of up to 32
MiB. Each thread that had hashed a password kept one: 160 MB a worker. A fixed bound prevents this. A large block then
is a mapping of its own, which ends when it is freed. Mapping and clearing it costs each hash about 8 ms.
"""

from __future__ import annotations

import ctypes

_M_MMAP_THRESHOLD = -3  # <malloc.h>
LARGE = 2**20  # bytes; above Python's own arenas, which have mappings of their own anyhow


def give_large_blocks_back() -> bool:
    """Sets the bound for this process. Returns False where the C library has no mallopt; then nothing is changed."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_MMAP_THRESHOLD, LARGE) == 1
