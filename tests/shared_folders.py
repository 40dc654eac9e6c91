"""Fails the test that leaves the mode of a folder changed in which all workers make theirs.

Where servers lie that processes share depends on who gets through these folders. A test that opened one made the next
worker start a second server beside the first one. Under workers the test that fails may have run beside the culprit.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

Modes = dict[Path, int]


def modes_of(folder: Path) -> Modes:
    """The modes of a folder and of all above it."""
    return {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.parents)}


@pytest.fixture(scope="session")
def modes_at_first(tmp_path_factory: pytest.TempPathFactory) -> Modes:
    return modes_of(tmp_path_factory.getbasetemp())


@pytest.fixture(autouse=True)
def shared_folders_stay_as_they_are(modes_at_first: Modes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    now = modes_of(tmp_path_factory.getbasetemp())
    changed = {path: f"{was:o} → {now[path]:o}" for path, was in modes_at_first.items() if now[path] != was}
    for path in changed:
        path.chmod(modes_at_first[path])  # for the tests that follow
    if changed:
        pytest.fail(f"it left these shared folders open or shut: {changed}; make one by tempfile.mkdtemp() instead")
