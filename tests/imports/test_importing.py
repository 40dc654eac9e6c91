"""How many files a worker imports at a time."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg

from tests.conftest import Client
from workouts_api import create_app
from workouts_api.config import load_settings

HEAD = "title,start_time,end_time,exercise_title,set_index,set_type,weight_kg,reps\n"
ROW = 'Legs,"5 Jan 2026, 18:00","5 Jan 2026, 18:30",Squat (Barbell),0,normal,100,5\n'


def test_files_of_one_user_that_wait_for_each_other_leave_threads_for_others(
    environ: dict[str, str], owner: Client, stranger: Client, database: psycopg.Connection[Any]
) -> None:
    app = create_app(load_settings({**environ, "WEB_THREADS": "4"}))
    app.extensions["database"].open()

    def send(_: object) -> int:
        file = {"data": {"file": (io.BytesIO((HEAD + ROW).encode()), "hevy.csv")}}
        return int(replace(owner, http=app.test_client()).post("/api/v1/imports", **file).status_code)

    try:
        with ThreadPoolExecutor(4) as threads:
            with database.transaction():  # one more import of the owner's, which takes long
                database.execute(
                    "select pg_advisory_xact_lock(hashtextextended('quota of imports_a_day', a.id))"
                    " from athletes as a where a.user_id = %s",
                    [owner.user_id],
                )
                sent = [threads.submit(send, number) for number in range(4)]
                patience = time.monotonic() + 10
                while sum(one.done() for one in sent) < 2 and time.monotonic() < patience:
                    time.sleep(0.05)
                assert [one.result() for one in sent if one.done()] == [503, 503]
                assert replace(stranger, http=app.test_client()).get("/api/v1/users/me").status_code == 200
            assert sorted(one.result() for one in sent) == [201, 201, 503, 503]
    finally:
        app.extensions["database"].close()
