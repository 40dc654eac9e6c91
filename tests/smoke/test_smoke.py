"""``workouts smoke`` against the API as it is served: what it says, how it ends, and that it leaves nothing behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from werkzeug.serving import make_server

from tests.conftest import PASSWORD, Client
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.smoke import walk
from workouts_api.smoke.commands import smoke

COUNT = "select (select count(*) from workouts.users), (select count(*) from workouts.sessions)"


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def api(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "READY_WAIT", 0.0)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(smoke, list(arguments), catch_exceptions=False)


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    path.chmod(0o600)
    return path


def steps(result: Result) -> list[str]:
    return [line.split(" (")[0] for line in result.stdout.splitlines() if line.startswith(("ok", "failed"))]


def test_a_walk_registers_imports_reports_and_leaves_nobody_behind(api: str, database: psycopg.Connection[Any]) -> None:
    before = database.execute(COUNT).fetchone()
    result = run(api)
    names = ("ready", "register", "sign in", "import", "report", "delete the account")
    assert steps(result) == [f"ok      {name}" for name in names]
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, f"{api} works.")
    assert database.execute(COUNT).fetchone() == before


def test_a_walk_with_an_account_leaves_the_account_and_its_training(
    api: str, owner: Client, database: psycopg.Connection[Any], password_file: Path
) -> None:
    owner.post("/api/v1/sessions", json={"started_at": "2026-01-01T10:00:00Z", "exercises": []})
    before = database.execute(COUNT).fetchone()
    for _ in range(2):  # the second one is not told that it was imported before
        result = run(api, "--username", owner.username, "--password-file", str(password_file))
        assert result.exit_code == 0, result.stdout
    assert "ok      delete the session" in steps(result)
    assert database.execute(COUNT).fetchone() == before


def test_where_addresses_are_verified_an_account_is_asked_for(
    environ: dict[str, str], database: psycopg.Connection[Any]
) -> None:
    app = create_app(load_settings({**environ, "VERIFY_EMAIL": "true"}))
    app.extensions["database"].open()
    try:
        with served(app) as address:
            result = run(address)
    finally:
        app.extensions["database"].close()
    assert steps(result)[-1] == "failed  register"
    assert "give an account, with --username and --password-file" in result.stdout
    assert (result.exit_code, database.execute(COUNT).fetchone()) == (1, (0, 0))


@pytest.fixture
def broken(app: Flask) -> Iterator[Callable[[str], str]]:
    """The API behind something that fails at one path."""
    ends: list[Any] = []

    def start(path: str) -> str:
        def call(environ: Any, start_response: Any) -> Any:
            if environ["PATH_INFO"] == path and environ["REQUEST_METHOD"] != "DELETE":
                start_response("502 Bad Gateway", [("Content-Type", "text/html")])
                return [b"<h1>Bad gateway</h1>"]
            return app(environ, start_response)

        context = served(call)
        ends.append(context)
        return context.__enter__()

    yield start
    for context in ends:
        context.__exit__(None, None, None)


@pytest.mark.parametrize(("path", "failed"), [("/api/v1/imports", "import"), ("/api/v1/reports/training", "report")])
def test_what_fails_is_named_and_the_account_is_deleted_all_the_same(
    broken: Callable[[str], str], path: str, failed: str, database: psycopg.Connection[Any]
) -> None:
    result = run(broken(path))
    assert steps(result)[-2:] == [f"failed  {failed}", "ok      delete the account"]
    assert f"{path}" in result.stdout
    assert "answered 502" in result.stdout
    assert (result.exit_code, database.execute(COUNT).fetchone()) == (1, (0, 0))


def test_nothing_is_tried_where_the_api_is_not_ready(broken: Callable[[str], str]) -> None:
    result = run(broken("/health/ready"))
    assert (steps(result), result.exit_code) == (["failed  ready"], 1)


def test_an_api_that_is_being_started_is_waited_for(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "READY_WAIT", 30.0)
    monkeypatch.setattr(walk, "READY_PAUSE", 0.01)
    asked: list[str] = []

    def call(environ: Any, start_response: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        if len(asked) < 3:
            start_response("503 Service Unavailable", [("Content-Type", "application/json")])
            return [b'{"database": {"state": "down"}}']
        return app(environ, start_response)

    with served(call) as address:
        assert run(address).exit_code == 0
    assert asked[:3] == ["/health/ready"] * 3


def test_a_server_that_is_not_there_is_named_in_one_line() -> None:
    result = run("http://127.0.0.1:1", "--timeout", "5")
    assert "GET /health/ready: " in result.stdout
    assert result.exit_code == 1


@pytest.mark.parametrize(
    "url", ["", "api.example.com", "ftp://api.example.com", "http://", "http://h:99999", "https://h/?a=1", "http://[::"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    result = run(url)
    assert (result.exit_code, "expected one like https://api.example.com" in result.output) == (2, True)


def test_a_password_that_others_may_read_and_half_an_account_are_refused(password_file: Path) -> None:
    password_file.chmod(0o644)
    shown = run("http://h", "--username", "ada", "--password-file", str(password_file))
    half = run("http://h", "--username", "ada")
    assert (shown.exit_code, half.exit_code) == (2, 2)
    assert "expected 0600" in shown.output
    assert "expected both or none" in half.output
