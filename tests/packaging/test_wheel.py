"""The files that the wheel contains, and those that it must not contain."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

NOT_SHIPPED = {"__pycache__"}


def _package(tree: Path) -> dict[str, Path]:
    """What the checkout's package holds, behind its links too, by the name that it has in the wheel."""
    return {
        (Path(folder) / name).relative_to(tree).as_posix(): Path(folder) / name
        for folder, _, names in os.walk(tree / "workouts_api", followlinks=True)
        if NOT_SHIPPED.isdisjoint(Path(folder).parts)
        for name in names
    }


def test_every_file_of_the_package_is_in_the_wheel(members, wheel, tree):
    """Also one that nobody reads before it is asked for, such as a page."""
    files = _package(tree)
    some = ("queries/sessions/get_session.sql", "migrations/0001_create_people.sql", "api/docs/texts/CLIENTS.md")
    assert {f"workouts_api/{name}" for name in some} <= files.keys()
    assert [name for name in files if name not in members] == []
    with zipfile.ZipFile(wheel) as archive:
        assert [name for name, file in files.items() if archive.read(name) != file.read_bytes()] == []


def test_askpass_is_executable_and_the_license_is_there(members):
    assert members["workouts_api/tunnel/askpass"].external_attr >> 16 & 0o111 == 0o111
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in members)


def test_nothing_but_the_package_and_its_metadata_is_in_the_wheel(members):
    roots = {name.partition("/")[0] for name in members}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"workouts_api"}
    strangers = [name for name in members if "/tests/" in name or "/bench/" in name or name.endswith((".pyc", ".orig"))]
    assert strangers == []
