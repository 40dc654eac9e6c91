"""The readers of files, by their source. A new reader is a file or folder here, and an entry below.

Only the reader of a file format knows that format.
"""

from collections.abc import Mapping

from workouts_api.api.imports.history import Reader

from . import hevy

READERS: Mapping[str, Reader] = {one.source: one for one in (hevy.READER,)}
USUAL = hevy.READER
"""For files of which nobody says where they are from."""
