"""Reads go to a replica, and nobody ever sees that: what was written is read, by every client."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.conftest import Client
from tests.replicas.conftest import SESSIONS, Reader, Wait, listed, made
from tests.replicas.standby import Standby
from tests.routes import SESSION, options
from workouts_api.database import caller
from workouts_api.database.replicas import Replica
from workouts_api.web.own_writes import HEADER

pytestmark = pytest.mark.processes


def seen(admin: psycopg.Connection[Any]) -> int:
    """How often the API's role has read something in its own database on this server, by the server's own count."""
    admin.execute("select pg_stat_clear_snapshot()")
    row = admin.execute(
        "select count(*) from pg_stat_activity where application_name = 'workouts-api' and query like '%tell_position%'"
        " and datname = 'replicated' and state_change > now() - interval '10 s'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_read_with_a_position_goes_to_the_replica_in_one_trip(
    reader: Reader, served_by: list[str], standby: Standby
) -> None:
    with standby.connected() as admin:
        before = seen(admin)
        reply = reader("GET", SESSIONS)
        assert seen(admin) > before == 0
    assert (reply.status_code, served_by) == (200, ["read"])
    assert len(reader.position) == 49


def test_a_write_goes_to_the_primary(reader: Reader, served_by: list[str]) -> None:
    made(reader)
    assert served_by == []


def test_a_read_on_a_replica_costs_one_trip(reader: Reader, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    trips: list[int] = []
    app.after_request_funcs.setdefault(None, []).append(lambda response: (trips.append(caller().trips), response)[1])
    reader("GET", SESSIONS)
    assert trips == [1]


def test_a_read_without_one_goes_to_the_primary(owner: Client, caught_up: Wait, served_by: list[str]) -> None:
    caught_up()
    assert owner.get(SESSIONS).status_code == 200
    assert served_by == []


@pytest.mark.parametrize("junk", ["junk", "0" * 16 + "." + "0" * 32, "é", ",", "0" * 9000])
def test_a_position_that_is_not_ours_means_the_primary(reader: Reader, served_by: list[str], junk: str) -> None:
    assert reader.client.get(SESSIONS, headers={HEADER: junk}).status_code == 200
    assert served_by == []


def test_own_writes_are_read_while_the_replica_stands_still(
    reader: Reader, standby: Standby, served_by: list[str]
) -> None:
    standby.pause()
    mine = made(reader)
    assert mine in listed(reader("GET", SESSIONS))
    assert served_by == ["behind"]
    assert reader("GET", f"{SESSIONS}/{mine}").status_code == 200


def test_own_writes_are_read_by_who_knows_no_positions(owner: Client, caught_up: Wait, standby: Standby) -> None:
    caught_up()
    standby.pause()
    mine = owner.post(SESSIONS, json=SESSION).json["id"]
    assert mine in listed(owner.get(SESSIONS))


def test_a_write_inside_a_transaction_is_read(reader: Reader, standby: Standby) -> None:
    standby.pause()
    reply = reader("POST", "/api/v1/imports", **options(("POST", "/api/v1/imports")))
    assert reply.status_code == 201
    assert listed(reader("GET", SESSIONS))


def test_a_replayed_write_says_a_position_too(reader: Reader, standby: Standby) -> None:
    standby.pause()
    replies = [reader("POST", SESSIONS, json=SESSION, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [r.status_code for r in replies] == [201, 201]
    assert replies[1].headers["Idempotent-Replayed"] == "true"
    other = Reader(reader.client)
    other.position = replies[1].headers[HEADER]
    assert replies[0].json["id"] in listed(other("GET", SESSIONS))


def test_what_the_replica_does_not_have_yet_is_asked_of_the_primary(
    reader: Reader, standby: Standby, owner: Client, served_by: list[str]
) -> None:
    """Another client of the account has made it, and tells this one its address."""
    standby.pause()
    made_elsewhere = owner.post(SESSIONS, json=SESSION).json["id"]
    assert reader("GET", f"{SESSIONS}/{made_elsewhere}").status_code == 200
    assert served_by == ["not_found"]


def test_no_reply_is_older_than_the_bound(
    reader: Reader, standby: Standby, owner: Client, replica: Replica, database: psycopg.Connection[Any]
) -> None:
    standby.pause()
    made_elsewhere = owner.post(SESSIONS, json=SESSION).json["id"]
    time.sleep(replica.watch.max_lag)
    position = reader.position
    for _ in range(20):
        reader.position = position
        replica.watch.state = "up"  # as if the watch had not noticed yet
        assert made_elsewhere in listed(reader("GET", SESSIONS))


def test_positions_are_those_behind_the_commit(owner: Client, database: psycopg.Connection[Any]) -> None:
    """The write's own record is before it: a standby that has come so far shows the write."""
    for _ in range(20):
        before = database.execute("select pg_current_wal_insert_lsn() - '0/0'").fetchone()
        reply = owner.post(SESSIONS, json=SESSION)
        after = database.execute("select pg_current_wal_insert_lsn() - '0/0'").fetchone()
        assert before is not None
        assert after is not None
        position = int(reply.headers[HEADER][:16], 16)
        assert before[0] < position <= after[0]
