"""The wheel at work in an empty environment, started from another folder than the checkout."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.conftest import SECRET, create_database, url
from tests.packaging.conftest import ROOT, Installed
from workouts_api.host.embedded import EmbeddedPostgres

pytestmark = pytest.mark.processes

PATIENCE = 60.0  # s; a bound against hanging, not an expectation


@pytest.fixture
def fresh_database(cluster: EmbeddedPostgres) -> Iterator[str]:
    """An empty database of the owner's, as an operator makes it."""
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        create_database(admin, "workouts_packaging", "template0")
        yield "workouts_packaging"
        admin.execute("drop database workouts_packaging with (force)")


def test_the_checkout_is_not_what_is_imported(installed):
    places = json.loads(installed.run("python", "-c", "import json, sys; print(json.dumps(sys.path))"))
    assert not [place for place in places if Path(place or installed.elsewhere).is_relative_to(ROOT)]
    module = installed.run("python", "-c", "import workouts_api; print(workouts_api.__file__)").strip()
    assert Path(module).is_relative_to(installed.bin_dir.parent)


def test_what_only_tests_need_is_not_there(installed):
    missing = "import importlib.util as u; print([n for n in ('pytest', 'asyncssh', 'ruff', 'pip') if u.find_spec(n)])"
    assert installed.run("python", "-c", missing).strip() == "[]"


def test_the_command_helps_shows_its_settings_and_lists_its_queries(installed, tree):
    assert "Usage: workouts" in installed.run("workouts", "--help")
    shown = installed.run("workouts", "config", JWT_SECRET_KEY=SECRET, PORT="8123")
    assert "8123" in shown
    assert SECRET not in shown
    listed = installed.run("workouts", "sql", "list")
    files = {file.relative_to(tree / "queries").with_suffix("") for file in (tree / "queries").glob("*/*.sql")}
    assert {name for name in files if ".".join(name.parts) not in listed} == set()


def test_it_migrates_an_empty_database_and_serves_it(installed, tree, cluster, fresh_database):
    said = installed.run("workouts", "db", "migrate", DATABASE_URL=url(cluster, fresh_database, "workouts_migrator"))
    newest = sorted((tree / "migrations").glob("*.sql"))[-1]
    assert newest.stem in said
    environ = {
        "DATABASE_URL": url(cluster, fresh_database, "workouts_app"),
        "JWT_SECRET_KEY": SECRET,
        "WORKOUTS_DATA_DIR": str(installed.elsewhere / "data"),
        "WEB_WORKERS": "1",
        "PORT": "0",
    }
    with _served(installed, environ) as address:
        assert json.loads(_get(address, "/health/ready"))["schema"]["state"] == "current"
        assert "/api/v1/sessions" in json.loads(_get(address, "/openapi.json"))["paths"]
        assert b"SwaggerUIBundle" in _get(address, "/docs/start.js")


@contextmanager
def _served(installed: Installed, environ: dict[str, str]) -> Iterator[str]:
    """``workouts serve`` of the environment; gives its address."""
    log = installed.elsewhere / "log"
    with log.open("w") as output:
        process = installed.start("workouts", "serve", output=output, environ=environ)
    try:
        ends = time.monotonic() + PATIENCE
        while "Ctrl-C ends everything" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < ends, log.read_text()
            time.sleep(0.05)
        told = Path(environ["WORKOUTS_DATA_DIR"]) / "served.json"
        yield str(json.loads(told.read_text())["url"])
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _get(address: str, path: str) -> bytes:
    with urllib.request.urlopen(address + path, timeout=20) as reply:  # noqa: S310 – our own http URL
        return bytes(reply.read())
