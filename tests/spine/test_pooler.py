"""DB_PREPARE=false: nothing is kept on a server, so a pooler may give each transaction to another one."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.conftest import Client, signed_up
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.host.embedded import EmbeddedPostgres

SESSION = {
    "title": "Legs",
    "started_at": "2026-01-05T18:00:00+01:00",
    "exercises": [{"exercise_id": 1, "sets": [{"reps": 5, "weight_kg": 100}]}],
}
SERVERS = 2
INI = """
[databases]
{name} = host={cluster} port={port} dbname={name} user=workouts_app pool_size={servers}
[pgbouncer]
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
server_round_robin = 1
max_client_conn = 100
"""


def served(environ: dict[str, str], **more: str) -> Iterator[Flask]:
    application = create_app(load_settings(environ | {"DB_PREPARE": "false"} | more))
    pool: Any = application.extensions["database"]
    pool.open()
    yield application
    pool.close()


@pytest.fixture
def unprepared(environ: dict[str, str]) -> Iterator[Flask]:
    yield from served(environ)


@pytest.fixture
def pooled(environ: dict[str, str], cluster: EmbeddedPostgres, database_name: str) -> Iterator[Flask]:
    """Through PgBouncer in transaction mode, with fewer servers than threads."""
    program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if program is None:
        assert "pgbouncer" not in os.environ.get("WORKOUTS_TEST_REQUIRE", ""), "there is no pgbouncer"
        pytest.skip("there is no pgbouncer")
    folder = Path(tempfile.mkdtemp(prefix="pooler-"))
    values = {"name": database_name, "cluster": cluster.socket_dir, "port": cluster.port, "folder": folder}
    (folder / "ini").write_text(
        INI.format(**values, servers=SERVERS) + f"user = {cluster.account.name}\n" * (os.geteuid() == 0)
    )
    if os.geteuid() == 0:
        os.chown(folder, cluster.account.uid, cluster.account.gid)
        (folder / "ini").chmod(0o644)
    process = subprocess.Popen([program, "-q", str(folder / "ini")], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while not (folder / ".s.PGSQL.6432").exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
        yield from served(environ, DATABASE_URL=f"postgresql://workouts_app@/{database_name}?host={folder}&port=6432")
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


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
        assert connection.execute("select count(*) as n from pg_prepared_statements").fetchone() == {"n": 0}


@pytest.mark.processes
def test_a_pooler_in_transaction_mode_is_served_through(
    pooled: Flask, database: psycopg.Connection[Any], password_hash: str
) -> None:
    # Imports are let in four at a time.
    people = [signed_up(pooled, database, f"ada{number}", password_hash) for number in range(4)]
    with ThreadPoolExecutor(len(people)) as threads:
        statuses = Counter(status for day in threads.map(a_day, people) for status in day)
    assert set(statuses) <= {200, 201}, statuses
