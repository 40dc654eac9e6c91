"""The C library's allocator in a worker: what a password hash took goes back to the system when it ends.

glibc keeps what it gets back for the next who asks, and after the first block of 19 MiB its rule for that covers
blocks of 32 MiB: each thread that ever hashed kept one, 160 MB a worker. With the bound set it stays set: a large
block is a mapping of its own, and ends when it is given back. To map and clear it anew costs a hash about 8 ms.
"""

from __future__ import annotations

import ctypes

_M_MMAP_THRESHOLD = -3  # <malloc.h>
LARGE = 2**20  # bytes; above Python's own arenas, which have mappings of their own anyhow


def give_large_blocks_back() -> bool:
    """Tells the allocator of this process. False where the C library is none that has mallopt: nothing happens then."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_MMAP_THRESHOLD, LARGE) == 1
