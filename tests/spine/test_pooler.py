"""Poolers that give each transaction to another server: with DB_PREPARE=false, and with one that keeps statements."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from flask import Flask

from tests.conftest import Client, signed_up
from tests.serve.conftest import NOWHERE
from workouts_api import create_app
from workouts_api.cli import workouts as cli
from workouts_api.config import load_settings
from workouts_api.doctor.database import look_at_database
from workouts_api.host.embedded import EmbeddedPostgres

SESSION = {
    "title": "Legs",
    "started_at": "2026-01-05T18:00:00+01:00",
    "exercises": [{"exercise_id": 1, "sets": [{"reps": 5, "weight_kg": 100}]}],
}
SERVERS = 2
KEEPS = (1, 21)  # the first PgBouncer that keeps prepared statements in transaction mode
INI = """
[databases]
{name} = host={cluster} port={port} dbname={name} user=workouts_app pool_size={servers}
[pgbouncer]
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
pool_mode = {mode}
server_round_robin = 1
max_client_conn = 100
"""


def version_of(program: str) -> tuple[int, ...]:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, said.split()[1].split(".")[:2]))


def pgbouncer(*, keeps: bool) -> tuple[str, dict[str, int]]:
    """A real one that keeps prepared statements or keeps none, and its setting for that.

    WORKOUTS_TEST_PGBOUNCER names one, which .ci/newer_pooler makes; the other is the system's.
    """
    named = (os.environ.get("WORKOUTS_TEST_PGBOUNCER") or None, "pgbouncer", "/usr/sbin/pgbouncer")
    programs = {program: version_of(program) for name in named if name and (program := shutil.which(name))}
    newer = [program for program, version in programs.items() if version >= KEEPS]
    older = [program for program in programs if program not in newer]
    if keeps and newer:
        return newer[0], {"max_prepared_statements": 200}
    if not keeps and older:
        return older[0], {}
    if not keeps and newer:
        return newer[0], {"max_prepared_statements": 0}
    what = "pgbouncer-1.21" if keeps else "pgbouncer"
    assert what not in os.environ.get("WORKOUTS_TEST_REQUIRE", "").split(","), f"there is no such pgbouncer: {programs}"
    pytest.skip(f"there is no PgBouncer{' from 1.21 on; WORKOUTS_TEST_PGBOUNCER names one' if keeps else ''}")


def listens(path: Path) -> bool:
    """The socket is there a moment before it takes connections."""
    with socket.socket(socket.AF_UNIX) as visitor:
        return visitor.connect_ex(str(path)) == 0


Pool = Callable[..., str]


@pytest.fixture
def pool(cluster: EmbeddedPostgres, database_name: str) -> Iterator[Pool]:
    """Starts a PgBouncer with fewer servers than threads; gives the URL by which it is reached."""
    with ExitStack() as stack:

        def start(*, keeps: bool, mode: str = "transaction", **more: int) -> str:
            program, usual = pgbouncer(keeps=keeps)
            return stack.enter_context(_running(program, cluster, database_name, mode, {**usual, **more}))

        yield start


@contextmanager
def _running(
    program: str, cluster: EmbeddedPostgres, database_name: str, mode: str, more: dict[str, int]
) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="pooler-"))
    values = {"name": database_name, "cluster": cluster.socket_dir, "port": cluster.port, "folder": folder}
    told: dict[str, object] = {**more}
    if os.geteuid() == 0:
        told["user"] = cluster.account.name
        os.chown(folder, cluster.account.uid, cluster.account.gid)
    ini = folder / "ini"
    ini.write_text(
        INI.format(**values, servers=SERVERS, mode=mode) + "".join(f"{name} = {it}\n" for name, it in told.items())
    )
    ini.chmod(0o644)
    process = subprocess.Popen([program, "-q", str(ini)], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while not listens(folder / ".s.PGSQL.6432"):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
        yield f"postgresql://workouts_app@/{database_name}?host={folder}&port=6432"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def served(environ: dict[str, str], **more: str) -> Iterator[Flask]:
    application = create_app(load_settings(environ | more))
    pool: Any = application.extensions["database"]
    pool.open()
    yield application
    pool.close()


@pytest.fixture
def unprepared(environ: dict[str, str]) -> Iterator[Flask]:
    yield from served(environ, DB_PREPARE="false")


def a_day(client: Client) -> list[int]:
    """Reads, writes, a repeated write, a transaction with COPY, a stream; the statuses."""
    key = {"Idempotency-Key": f"key-{client.username}"}
    first = client.post("/api/v1/sessions", json=SESSION, headers=key)
    again = client.post("/api/v1/sessions", json=SESSION, headers=key)
    assert first.get_data() == again.get_data()
    hevy = b"title,start_time,end_time,exercise_title,set_index,set_type,weight_kg,reps\n"
    hevy += b'"Legs","5 Jan 2026, 18:00","5 Jan 2026, 19:00","Squat",0,"normal",100,5\n'
    upload = {"file": (io.BytesIO(hevy), "hevy.csv")}
    replies = [first, again, client.post("/api/v1/imports", data=upload, content_type="multipart/form-data")]
    places = ("/api/v1/sessions?limit=2", "/api/v1/reports/training?bucket=week", first.headers["Location"])
    replies += [client.get(place) for place in places]
    replies.append(
        client.patch(first.headers["Location"], json={"title": "Arms"}, headers={"If-Match": first.headers["ETag"]})
    )
    return [reply.status_code for reply in replies]


def test_nothing_is_prepared(unprepared: Flask, database: psycopg.Connection[Any], password_hash: str) -> None:
    client = signed_up(unprepared, database, "ada", password_hash)
    assert max(a_day(client)) < 300
    pool: Any = unprepared.extensions["database"].pool
    with pool.connection() as connection:
        kept = connection.execute("select /* by hand */ count(*) as n from pg_prepared_statements").fetchone()
    assert kept == {"n": 0}


def days(app: Flask, database: psycopg.Connection[Any], password_hash: str) -> Counter[int]:
    """The statuses of several people's days at once."""
    # Imports are let in four at a time.
    people = [signed_up(app, database, f"ada{number}", password_hash) for number in range(4)]
    with ThreadPoolExecutor(len(people)) as threads:
        return Counter(status for day in threads.map(a_day, people) for status in day)


@pytest.mark.processes
def test_a_pooler_in_transaction_mode_that_keeps_nothing_is_served_through(
    pool: Pool, environ: dict[str, str], database: psycopg.Connection[Any], password_hash: str
) -> None:
    url = pool(keeps=False)
    for app in served(environ, DATABASE_URL=url, DB_PREPARE="false"):
        statuses = days(app, database, password_hash)
        assert set(statuses) <= {200, 201}, statuses


@pytest.mark.processes
def test_one_that_keeps_prepared_statements_is_served_through_with_them(
    pool: Pool, environ: dict[str, str], database: psycopg.Connection[Any], password_hash: str
) -> None:
    url = pool(keeps=True)
    for app in served(environ, DATABASE_URL=url):
        statuses = days(app, database, password_hash)
        assert set(statuses) <= {200, 201}, statuses
    with psycopg.connect(url, autocommit=True) as conn:
        names = conn.execute("select /* by hand */ name from pg_prepared_statements").fetchall()
    assert len(names) > 5
    assert all(name.startswith("PGBOUNCER_") for (name,) in names), names


@pytest.mark.processes
def test_more_statements_than_it_keeps_are_served_too(
    pool: Pool, environ: dict[str, str], database: psycopg.Connection[Any], password_hash: str
) -> None:
    """It ends the oldest ones on its servers, and prepares them again when they are asked for."""
    url = pool(keeps=True, max_prepared_statements=3)
    for app in served(environ, DATABASE_URL=url):
        statuses = days(app, database, password_hash)
        assert set(statuses) <= {200, 201}, statuses


POOLERS = [
    # keeps statements, its mode and settings; DB_PREPARE; what the doctor finds, and a word of it
    (False, "transaction", {}, "true", "wrong", "DB_PREPARE=false"),
    (False, "transaction", {}, "false", "ok", "as it has to be"),
    (False, "session", {}, "true", "ok", "session mode"),
    (True, "transaction", {}, "true", "ok", "keeps prepared statements"),
    (True, "transaction", {}, "false", "warning", "set it to true"),
    (True, "transaction", {"max_prepared_statements": 0}, "true", "wrong", "max_prepared_statements to 200"),
    (True, "session", {}, "true", "ok", "session mode"),
]


@pytest.mark.processes
@pytest.mark.parametrize(("keeps", "mode", "more", "prepares", "state", "words"), POOLERS)
def test_the_doctor_knows_what_the_pooler_does(
    pool: Pool, environ: dict[str, str], database: psycopg.Connection[Any],
    keeps: bool, mode: str, more: dict[str, int], prepares: str, state: str, words: str,
) -> None:  # fmt: skip
    direct = environ["DATABASE_URL"]
    url = pool(keeps=keeps, mode=mode, **more)
    settings = load_settings({**environ, "DATABASE_URL": url, "DATABASE_DIRECT_URL": direct, "DB_PREPARE": prepares})
    found = {one.part: one for one in look_at_database(settings, hosts=1)}
    assert "pooler" in found, found
    said = found["pooler"]
    assert (said.state, words in f"{said.found} {said.todo}") == (state, True), said
    assert found["direct database"].state == "ok"
    with psycopg.connect(url, autocommit=True) as conn:
        names = conn.execute("select /* by hand */ name from pg_prepared_statements").fetchall()
    assert [name for (name,) in names if name.startswith("workouts")] == []


@pytest.mark.processes
def test_a_direct_address_that_is_none_is_said(
    pool: Pool, environ: dict[str, str], database: psycopg.Connection[Any]
) -> None:
    url = pool(keeps=False)
    another = environ["DATABASE_URL"].replace("?", "_of_others?").replace("workouts_app@", "postgres@")
    for direct, words in ((url, "leads to a pooler as well"), (another, "does not exist")):
        settings = load_settings({**environ, "DATABASE_URL": url, "DATABASE_DIRECT_URL": direct})
        [said] = [one for one in look_at_database(settings, hosts=1) if one.part == "direct database"]
        assert (said.state, words in said.found) == ("wrong", True), said


def test_jobs_and_migrations_go_past_the_pooler(
    environ: dict[str, str], database: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where DATABASE_URL leads nowhere, only what goes by the direct address answers."""
    monkeypatch.chdir(tmp_path)
    variables = {**environ, "DATABASE_URL": NOWHERE, "DATABASE_DIRECT_URL": environ["DATABASE_URL"]}
    for command in (["db", "status"], ["worker", "--once"]):
        ran = CliRunner().invoke(cli, command, env=variables)
        assert ran.exit_code == 0, (command, ran.output)
