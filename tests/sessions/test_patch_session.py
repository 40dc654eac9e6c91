"""PATCH /api/v1/sessions/{id}"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.sessions.bodies import URL, Body


def test_what_is_absent_stays_and_the_reply_is_what_is_read_afterwards(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    where = made.headers["Location"]
    changed = owner.patch(where, json={"title": "Heavy legs"})
    read = owner.get(where)
    assert changed.status_code == 200
    assert (changed.json, changed.headers["ETag"]) == (read.json, read.headers["ETag"])
    assert list(changed.json) == list(read.json)
    expected = {**made.json, "title": "Heavy legs", "version": 2, "updated_at": read.json["updated_at"]}
    assert read.json == expected


@pytest.mark.parametrize(
    ("name", "cleared"), [("title", ""), ("notes", ""), ("rpe", None), ("ended_at", None), ("duration_s", None)]
)
def test_null_clears(owner: Client, body: Body, name: str, cleared: Any) -> None:
    where = owner.post(URL, json={**body, "notes": "n"}).headers["Location"]
    assert owner.patch(where, json={name: None}).json[name] == cleared


def test_a_cleared_zone_is_the_athletes_and_the_day_follows_into_the_sets(
    owner: Client, body: Body, database: psycopg.Connection[Any]
) -> None:
    database.execute("update athletes set zone = 'Asia/Tokyo' where id = %s", [owner.athlete_id])
    where = owner.post(URL, json=body).headers["Location"]
    changed = owner.patch(where, json={"zone": None}).json
    assert (changed["zone"], changed["local_on"]) == ("Asia/Tokyo", "2026-01-06")
    assert database.execute("select distinct local_on::text from sets").fetchall() == [("2026-01-06",)]


def test_a_duration_counts_from_the_start_as_it_will_be(owner: Client, body: Body) -> None:
    where = owner.post(URL, json=body).headers["Location"]
    assert owner.patch(where, json={"duration_s": 60}).json["ended_at"] == "2026-01-05T17:01:00Z"
    moved = owner.patch(where, json={"duration_s": 60, "started_at": "2026-01-04T08:00:00+01:00"}).json
    assert (moved["ended_at"], moved["local_on"]) == ("2026-01-04T07:01:00Z", "2026-01-04")


def test_an_empty_patch_changes_nothing_but_the_version(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    changed = owner.patch(made.headers["Location"], json={}).json
    assert {**changed, "version": 1, "updated_at": made.json["updated_at"]} == made.json


def test_if_match_is_taken_and_not_demanded(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    where, held = made.headers["Location"], {"If-Match": made.headers["ETag"]}
    assert owner.patch(where, json={"title": "One"}, headers=held).status_code == 200
    assert owner.patch(where, json={"title": "Two"}, headers=held).status_code == 412
    assert owner.patch(where, json={"title": "Three"}, headers={"If-Match": "*"}).json["title"] == "Three"
    assert owner.get(where).json["version"] == 3


def test_a_stranger_gets_404(owner: Client, stranger: Client, body: Body) -> None:
    where = owner.post(URL, json=body).headers["Location"]
    assert stranger.patch(where, json={"title": "Mine"}).status_code == 404


def test_resent_under_its_key_it_is_done_once(owner: Client, body: Body) -> None:
    where = owner.post(URL, json=body).headers["Location"]
    for _ in range(2):
        assert owner.patch(where, json={"title": "x"}, headers={"Idempotency-Key": "k"}).json["version"] == 2
    assert owner.get(where).json["version"] == 2


def test_a_patch_that_waited_for_a_replacement_answers_with_its_exercises(
    owner: Client, body: Body, database: psycopg.Connection[Any]
) -> None:
    """The statement's snapshot is older than the rows that it waited for."""
    made = owner.post(URL, json=body)
    where = made.headers["Location"]
    with ThreadPoolExecutor(1) as other, database.transaction():
        database.execute("update sessions set version = 2 where id = %s", [made.json["id"]])
        database.execute("delete from session_exercises where exercise_no = 1")
        patched = other.submit(owner.patch, where, json={"title": "Later"})
        wait_for_a_lock(database)
        assert not patched.done()
        database.execute("commit; begin")
        reply = patched.result().json
    assert [e["exercise_no"] for e in reply["exercises"]] == [2]
    assert (reply["version"], reply) == (3, owner.get(where).json)


def wait_for_a_lock(database: psycopg.Connection[Any]) -> None:
    """Until a statement waits for what this connection holds."""
    waiting = "select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))"
    for _ in range(500):
        if database.execute(waiting).fetchone() is not None:
            return
        database.execute("select pg_sleep(0.01), pg_stat_clear_snapshot()")
    raise AssertionError("nothing waits")


def test_of_200_contended_changes_none_is_lost(owner: Client) -> None:
    """Four writers count up one number, reading again after every 412, until all have counted fifty times."""
    where = owner.post(URL, json={"started_at": "2026-01-05T17:00:00Z", "title": "0"}).headers["Location"]

    def count_50(_: int) -> None:
        for _ in range(50):
            status = 412
            while status == 412:
                read = owner.get(where)
                patch = {"title": str(int(read.json["title"]) + 1)}
                status = owner.patch(where, json=patch, headers={"If-Match": read.headers["ETag"]}).status_code
            assert status == 200

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(count_50, range(4)))
    session = owner.get(where).json
    assert (session["title"], session["version"]) == ("200", 201)
