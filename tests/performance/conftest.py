"""The measurement. It is made once per run, in its own process and database."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import ROOMY, create_database, url
from tests.performance.table import read_table, write_table
from workouts_api.host.embedded import EmbeddedPostgres

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def measured(
    cluster: EmbeddedPostgres, template: str, database_name: str, environ: dict[str, str], pytestconfig: pytest.Config
) -> dict[str, Any]:
    """The costs of requests, with and without slowdowns that are put in."""
    name = f"{database_name}_costs"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        create_database(admin, name, template)
    settings = {
        **environ,
        **ROOMY,
        "DATABASE_URL": url(cluster, name, "workouts_app"),
        "DB_POOL_MAX": "1",  # one connection prepares a statement once
        "RATE_LIMITS": "true",
        "RATE_LIMIT_USER": str(10**9),
        "RATE_LIMIT_ADDRESS": str(10**9),
        "LOG_LEVEL": "INFO",
        "LOG_FORMAT": "json",
    }
    found = _run(settings, cluster.dsn(name))
    if pytestconfig.pluginmanager.hasplugin("renewal"):
        write_table(found)
    return found


def _run(settings: dict[str, str], dsn: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.performance.measure", dsn],
        cwd=ROOT,
        env={**settings, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="session")
def table(measured: dict[str, Any]) -> dict[str, Any]:
    """The checked-in table, read after the measurement, which renews it on request."""
    return read_table()
