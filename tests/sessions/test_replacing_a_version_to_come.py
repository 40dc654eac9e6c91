"""PUT /api/v1/sessions/{id} with a version that another replacement, under way, is about to make, or with any"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import Client

SESSION = {"title": "Legs", "started_at": "2026-01-05T18:00:00Z", "exercises": []}


@pytest.mark.parametrize("held", ['"2-"', "*"])
def test_it_does_not_match_what_it_could_not_see(app, owner, database, held):
    place = owner.post("/api/v1/sessions", json=SESSION).headers["Location"]
    session_id = int(place.rpartition("/")[2])
    database.execute("begin")
    database.execute("update sessions set version = 2 where id = %s", [session_id])
    with ThreadPoolExecutor(1) as thread:
        other = Client(app.test_client(), token=owner.token)
        reply = thread.submit(other.put, place, json=SESSION, headers={"If-Match": held})
        try:
            for _ in range(500):
                query = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
                if database.execute(query).fetchone():
                    break
                time.sleep(0.01)
        finally:
            database.execute("commit")
        assert reply.result(10).status_code == 412
