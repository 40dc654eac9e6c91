"""What OPERATIONS says of a restore, done to the letter."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.conftest import TEMPLATE
from tests.processes import ROOT
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.migrate import status

LINES = re.search(
    r"<!-- restore -->\n *```sh\n(.*?)```", (ROOT / "docs/OPERATIONS.md").read_text(encoding="utf-8"), re.DOTALL
)


@pytest.mark.usefixtures("template")
def test_a_dump_is_restored_by_the_lines_of_the_document(cluster: EmbeddedPostgres, tmp_path: Path) -> None:
    assert LINES
    programs = cluster.binaries.bin_dir
    if not (programs / "pg_dump").exists():
        pytest.skip("no pg_dump beside this server")
    environ = {
        **os.environ,
        "PGHOST": str(cluster.socket_dir),
        "PGPORT": str(cluster.port),
        "PGUSER": "postgres",
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    name = f"restored_{os.getpid()}"
    script = f"set -eu\npg_dump -Fc {TEMPLATE} -f workouts.dump\n{LINES[1].replace('workouts_new', name)}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        done = subprocess.run(
            ["/bin/sh", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
        )
        try:
            assert done.returncode == 0, done.stderr
            assert status(cluster.dsn(name, "workouts_migrator")).is_current
            asked = "select has_database_privilege('workouts_app', %s, 'temp')"
            assert admin.execute(asked, [name]).fetchone() == (False,)
        finally:
            admin.execute(f"drop database if exists {name} with (force)".encode())
