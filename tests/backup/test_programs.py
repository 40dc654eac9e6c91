"""Which of several installed pg_dump is used: that of the server's own version, or else the nearest newer one."""

from __future__ import annotations

from pathlib import Path

import pytest

from workouts_api.host import programs
from workouts_api.host.programs import EmbeddedError, find_binaries


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = []
    for version in (18, 15, 17):
        place = tmp_path / str(version)
        place.mkdir()
        (place / "pg_dump").write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}.3'\n")
        (place / "pg_dump").chmod(0o755)
        places.append(place)
    (tmp_path / "16").mkdir()  # without the program
    monkeypatch.setattr(programs, "_places", lambda: iter([*places, tmp_path / "16"]))


@pytest.mark.parametrize(("server", "chosen"), [(15, 15), (16, 17), (17, 17), (18, 18), (0, 18)])
def test_the_servers_own_version_is_taken_or_the_nearest_newer_one(server: int, chosen: int) -> None:
    assert find_binaries(needed=("pg_dump",), least=server).version == chosen


def test_where_all_are_older_than_the_server_it_is_said_what_to_install() -> None:
    with pytest.raises(EmbeddedError, match=r"no PostgreSQL 19 or newer with pg_dump was found: .*postgresql-19"):
        find_binaries(needed=("pg_dump",), least=19)
