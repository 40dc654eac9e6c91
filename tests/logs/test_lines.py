"""Every line of a process is JSON, whoever writes it; a request has one, with its caller and where its time went."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import PASSWORD, SECRET, Client
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.logs import configure

ALL_KINDS = """
import logging, threading, warnings
from workouts_api.config import load_settings
from workouts_api.logs import log, say, take_over
from workouts_api.web.gunicorn_log import Logger
from gunicorn.config import Config
take_over(load_settings())
config = Config()
config.set("loglevel", "info")
Logger(config).info("Listening at: %s", "http://127.0.0.1:8000")
say("The tunnel ended with code 2.")
for _ in range(50):
    logging.getLogger("psycopg.pool").warning("error connecting in %r: %s", "workouts", "timeout\\nexpired")
    log.warning("redis_unavailable", cause=repr(ConnectionError(111)))
for name in ("paramiko.transport", "procrastinate.worker", "workouts_api.tunnel", "asyncio", "sshtunnel"):
    logging.getLogger(name).error("%s is lost", name)
try:
    1 / 0
except ZeroDivisionError as error:
    log.error("internal_error", request_id="r1", exc_info=error)
    logging.getLogger("gunicorn.error").exception("Exception in worker")
warnings.warn("old", UserWarning)
thread = threading.Thread(target=lambda: {}["lost"])
thread.start()
thread.join()
raise SystemError("at the end")
"""


def test_all_lines_of_a_process_are_json_and_repeated_ones_are_folded() -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "JWT_SECRET_KEY": SECRET,
        "LOG_FORMAT": "json",
        "DATABASE_URL": "postgresql://x/y",
    }
    ran = subprocess.run(
        [sys.executable, "-c", ALL_KINDS], env=environ, capture_output=True, text=True, cwd="/", check=False
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    said = [line["event"] for line in lines]
    assert said[0] == "Listening at: http://127.0.0.1:8000"
    assert said.count("redis_unavailable") == 1
    assert len([line for line in lines if line.get("logger") == "psycopg.pool"]) == 1
    assert len([line for line in lines if "is lost" in line["event"]]) == 5
    assert len([line for line in lines if "ZeroDivisionError" in line.get("exception", "")]) == 2
    assert said[-2:] == ["KeyError ended the thread", "SystemError ended the thread"]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)


@pytest.fixture(scope="module")
def json_app(environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Path]]:
    folder = tmp_path_factory.mktemp("log")
    settings = {"LOG_FILE": str(folder / "api.log"), "SLOW_REQUEST": "0.2s", "LOG_LEVEL": "INFO"}
    app = create_app(load_settings(environ | settings))
    yield app, folder
    app.extensions["database"].close()
    configure(load_settings(environ))


def last_line(folder: Path) -> Any:
    (path,) = folder.glob("api-2*.log")
    return json.loads(path.read_text().splitlines()[-1])


def test_a_request_has_one_line_with_its_caller_and_address(json_app: tuple[Flask, Path], owner: Client) -> None:
    app, folder = json_app
    reply = app.test_client().get(
        "/api/v1/users/me?x=%20", headers={"Authorization": f"Bearer {owner.token}", "X-Request-ID": "one"}
    )
    app.test_client().get(
        "/api/v1/users/me", headers={"Authorization": f"Bearer {owner.token}", "X-Request-ID": "two"},
        environ_base={"REMOTE_ADDR": "::ffff:192.0.2.7"},
    )  # fmt: skip
    line = last_line(folder)
    assert reply.status_code == 422
    assert (line["event"], line["request_id"], line["address"]) == ("request", "two", "192.0.2.7")
    assert (line["user_id"], line["status"], line["statements"]) == (owner.user_id, 200, ["users.get_user"])
    assert "slow" not in line
    assert owner.token not in json.dumps(line)


@pytest.mark.parametrize("header", ["X-Request-Timeout", "X-HTTP-Method-Override", "Content-Encoding"])
def test_a_request_that_is_refused_at_once_has_its_address_as_well(json_app: tuple[Flask, Path], header: str) -> None:
    app, folder = json_app
    given = {"headers": {header: "soon"}, "environ_base": {"REMOTE_ADDR": "::ffff:192.0.2.7"}}
    assert app.test_client().get("/api/v1", **given).status_code in (400, 415)
    assert last_line(folder)["address"] == "192.0.2.7"


@pytest.mark.parametrize(("password", "status"), [(PASSWORD, 200), ("wrong password", 401)])
def test_a_sign_in_names_the_account_and_no_secret(
    json_app: tuple[Flask, Path], owner: Client, password: str, status: int
) -> None:
    app, folder = json_app
    reply = app.test_client().post("/api/v1/auth/login", json={"username": "owner", "password": password})
    assert reply.status_code == status
    line = last_line(folder)
    assert (line["account_id"], line["status"]) == (owner.user_id, status)
    assert password not in json.dumps(line)


def test_a_refusal_without_an_error_behind_it_says_its_own_cause(
    json_app: tuple[Flask, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    app, folder = json_app
    client = app.test_client()
    with contextlib.ExitStack() as full:
        while app.extensions["hashing"]._places._value:
            full.enter_context(app.extensions["hashing"]._places)
        reply = client.post("/api/v1/auth/login", json={"username": "nobody", "password": "a wrong password"})
    assert reply.status_code == 503
    # A logger that another test has used before keeps to the terminal.
    lines = [capfd.readouterr().err, *(path.read_text(encoding="utf-8") for path in folder.glob("*.log"))]
    told = [line for line in "\n".join(lines).splitlines() if reply.json["request_id"] in line and "cause" in line]
    assert len(told) == 1
    assert reply.json["message"] in told[0]


def test_a_slow_request_tells_in_its_line_where_its_time_went(
    json_app: tuple[Flask, Path], owner: Client, database: Any
) -> None:
    app, folder = json_app
    headers = {"Authorization": f"Bearer {owner.token}", "X-Request-Timeout": "0.3"}
    with database.transaction():
        database.execute("lock table users in access exclusive mode")
        app.test_client().get("/api/v1/users/me", headers=headers)
    line = last_line(folder)
    assert (line["slow"], line["level"]) == (True, "warning")
    assert line["waited_ms"] == 0
    assert line["database_ms"] >= 200
    assert line["statement_ms"] == [line["database_ms"]]
    assert line["statements"] == ["users.get_user"]
    assert line["pool_ms"] >= 0
