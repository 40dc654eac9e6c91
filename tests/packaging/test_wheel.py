"""What the wheel has in it, and what it doesn't."""

from __future__ import annotations

import zipfile

import pytest

SHIPPED = {
    "queries": ("queries", "**/*.sql"),
    "migrations": ("migrations", "**/*.sql"),
    "catalogue queries": ("workouts_api/migrate/catalogue", "*.sql"),
    "roles": ("deploy", "roles.sql"),
    "documentation page": ("workouts_api/api/docs/static", "*"),
    "stub": ("workouts_api", "**/*.pyi"),
    "type marker": ("workouts_api", "py.typed"),
    "askpass": ("workouts_api/tunnel", "askpass"),
    "modules": ("workouts_api", "**/*.py"),
}


def _in_wheel(name: str) -> str:
    return name if name.startswith("workouts_api/") else f"workouts_api/{name}"


@pytest.mark.parametrize("what", SHIPPED)
def test_every_file_that_the_program_reads_is_in_the_wheel(what, members, wheel, tree):
    folder, pattern = SHIPPED[what]
    files = {file.relative_to(tree).as_posix(): file for file in (tree / folder).glob(pattern) if file.is_file()}
    assert files, f"{folder}/{pattern} finds nothing"
    assert [name for name in files if _in_wheel(name) not in members] == []
    with zipfile.ZipFile(wheel) as archive:
        assert [name for name, file in files.items() if archive.read(_in_wheel(name)) != file.read_bytes()] == []


def test_askpass_is_executable_and_the_license_is_there(members):
    assert members["workouts_api/tunnel/askpass"].external_attr >> 16 & 0o111 == 0o111
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in members)


def test_nothing_but_the_package_and_its_metadata_is_in_the_wheel(members):
    roots = {name.partition("/")[0] for name in members}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"workouts_api"}
    strangers = [name for name in members if "/tests/" in name or "/bench/" in name or name.endswith((".pyc", ".orig"))]
    assert strangers == []
