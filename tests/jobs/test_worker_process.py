"""``workouts worker`` as a real process."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import url
from tests.mail.conftest import MailServer, StartServer, start_server
from tests.processes import myself, wait_until
from workouts_api.host.embedded import EmbeddedPostgres

__all__ = ["start_server"]  # a fixture

pytestmark = pytest.mark.processes
DEFER = "select defer_mail('email_taken', json_build_object('user_id', %s::bigint))"
CONNECTED = (
    "select pid, query from pg_stat_activity"
    " where application_name = 'workouts-worker' and datname = current_database()"
)


@pytest.fixture
def user_id(database: psycopg.Connection[Any]) -> int:
    row = database.execute(
        "insert into users (email, username) values ('a@example.com', 'ada') returning id"
    ).fetchone()
    assert row is not None
    return int(row[0])


StartWorker = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start_worker(environ: dict[str, str], tmp_path: Path) -> Iterator[StartWorker]:
    running: list[subprocess.Popen[str]] = []

    def start(*options: str, **changed: str) -> subprocess.Popen[str]:
        with (tmp_path / "log").open("w") as log:
            settings = {**environ, "MAIL_DIR": str(tmp_path / "mails"), "HOME": str(tmp_path), **changed}
            process = myself().start("-m", "workouts_api.cli", "worker", *options, environ=settings, output=log)
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_it_works_as_soon_as_there_is_something_to_do_and_survives_the_loss_of_the_database(
    start_worker: StartWorker,
    start_server: StartServer,
    database: psycopg.Connection[Any],
    user_id: int,
    tmp_path: Path,
) -> None:
    server = start_server()
    mail = {"SMTP_HOST": "127.0.0.1", "SMTP_TLS": "none", "MAIL_FROM": "w@example.com", "MAIL_DIR": ""}
    worker = start_worker(**mail, SMTP_PORT=str(server.port))
    database.execute(DEFER, [user_id])
    wait_until(lambda: len(server.taken) == 1, "the mail of a job that was there, or came")
    before = [pid for pid, _ in database.execute(CONNECTED).fetchall()]
    assert before
    database.execute("select pg_terminate_backend(pid) from unnest(%s) as pid", [before])
    database.execute(DEFER, [user_id])
    wait_until(lambda: _listens(database, before), "the worker's return")
    database.execute(DEFER, [user_id])
    wait_until(lambda: len(server.taken) == 3, "the mails of a job that came while it was away, and of one since")
    assert worker.poll() is None
    _ends_after_the_job_that_runs(worker, server, database, user_id)
    assert "Traceback" not in (tmp_path / "log").read_text(), "an outage is told in lines"


def _listens(database: psycopg.Connection[Any], before: list[int]) -> bool:
    found = database.execute(CONNECTED).fetchall()
    return any(query.lower().startswith("listen") for pid, query in found if pid not in before)


def _ends_after_the_job_that_runs(
    worker: subprocess.Popen[str], server: MailServer, database: psycopg.Connection[Any], user_id: int
) -> None:
    server.delay = 0.5
    database.execute(DEFER, [user_id])
    wait_until(lambda: server.asked == 4, "a job that runs")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert len(server.taken) == 4
    left = "select status from jobs.procrastinate_jobs where task_name = 'send_mail'"
    assert database.execute(left).fetchall() == []


def test_once_does_what_is_due_and_ends(
    start_worker: StartWorker, database: psycopg.Connection[Any], user_id: int, tmp_path: Path
) -> None:
    database.execute(DEFER, [user_id])
    assert start_worker("--once").wait(30) == 0
    assert len(list((tmp_path / "mails").iterdir())) == 1


def test_a_database_without_jobs_is_waited_for_or_told_in_one_line(
    start_worker: StartWorker, cluster: EmbeddedPostgres, tmp_path: Path
) -> None:
    assert start_worker("--once", DATABASE_URL=url(cluster, "postgres", "workouts_app")).wait(30) == 1
    said = (tmp_path / "log").read_text()
    assert said == "Error: The database has no or an older schema; run: workouts db migrate\n"
    worker = start_worker(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    wait_until(lambda: "worker waits for the database" in (tmp_path / "log").read_text(), "its word")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()
