"""A zone is taken only if the database knows it, and a stored zone that it no longer knows causes no error."""

from __future__ import annotations

import io
import re
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from flask import Flask

from tests.conftest import Client
from tests.road.cases import STEADY, Stage
from workouts_api.migrate.files import MIGRATIONS
from workouts_api.sql.catalogue import QUERIES

UNKNOWN = "Atlantis/Capital"
ODD = [
    "localtime", "posixrules", "Factory", "europe/berlin", "Europe/BERLIN", "posix/Europe/Berlin", "right/UTC",
    "CEST", "PDT", "FOO5", "Foo/Bar5", "UTC+5", "UTC-05:00", "GMT+1", "<+03>-3", "Etc/GMT+15", UNKNOWN,
    "Europe/Berlin\n", " UTC", "",
    "../UTC", "Europe//Berlin", "/etc/passwd", "default", "\uff35TC", "A" * 65, "a/" * 5_000,
]  # fmt: skip
SESSION = {"started_at": "2026-01-05T23:30:00Z", "exercises": []}
PERSON = {"email": "new@example.org", "username": "new", "password": "correct horse battery"}
CSV = 'title,start_time,end_time,exercise_title,set_type,weight_kg,reps\nA,"6 Jan 2026, 18:00",,Squat,normal,80,8\n'


def _file() -> dict[str, Any]:
    return {"file": (io.BytesIO(CSV.encode()), "a.csv")}


def _doors(owner: Client, zone: str) -> dict[str, Any]:
    """Every request that takes a zone, with this one."""
    made: Any = owner.post("/api/v1/sessions", json=SESSION)
    session = f"/api/v1/sessions/{made.json['id']}"
    user = f"/api/v1/users/{owner.user_id}"
    whole = {
        "email": "owner@example.com",
        "username": "owner",
        "full_name": "",
        "is_active": True,
        "is_superuser": True,
    }
    return {
        "register": owner.post("/api/v1/auth/register", json={**PERSON, "zone": zone}),
        "account": owner.patch("/api/v1/users/me", json={"zone": zone}),
        "athlete": owner.patch(f"/api/v1/athletes/{owner.athlete_id}", json={"zone": zone}),
        "new athlete": owner.post("/api/v1/athletes", json={"name": "Grace", "zone": zone}),
        "new user": owner.post("/api/v1/users", json={"email": "a@example.org", "username": "alan", "zone": zone}),
        "new users": owner.post(
            "/api/v1/users/bulk", json={"users": [{"email": "b@example.org", "username": "bob", "zone": zone}]}
        ),
        "user": owner.patch(user, json={"zone": zone}),
        "whole user": owner.put(
            user, json={**whole, "zone": zone}, headers={"If-Match": owner.get(user).headers["ETag"]}
        ),
        "new session": owner.post("/api/v1/sessions", json={**SESSION, "zone": zone}),
        "started session": owner.post("/api/v1/sessions/start", json={"title": "Legs", "zone": zone}),
        "session": owner.patch(session, json={"zone": zone}),
        "whole session": owner.put(session, json={**SESSION, "zone": zone}, headers={"If-Match": '"1-"'}),
        "import": owner.post(f"/api/v1/imports?{_query(zone)}", data=_file()),
        "dry run": owner.post(f"/api/v1/imports?dry_run=true&{_query(zone)}", data=_file()),
    }


def _query(zone: str) -> str:
    return urlencode({"zone": zone[:1000]})


@pytest.fixture
def owner(sign_up: Any) -> Client:
    made: Client = sign_up("owner", is_superuser=True)
    return made


@pytest.mark.parametrize("zone", ODD, ids=lambda zone: ascii(zone[:20]))
def test_a_zone_that_the_database_does_not_know_is_refused_by_name_at_every_door(owner: Client, zone: str) -> None:
    for door, reply in _doors(owner, zone).items():
        assert reply.status_code == 422, (door, reply.text)
        assert [name.rpartition(".")[2] for name in reply.json["details"]] == ["zone"], (door, reply.text)


def test_every_door_that_takes_a_zone_is_tried_here(anonymous: Client, owner: Client) -> None:
    document: Any = anonymous.get("/openapi.json").json
    schemas = document["components"]["schemas"]
    bodies = {
        name
        for name, schema in schemas.items()
        if not schema["properties"].get("zone", {"readOnly": 1}).get("readOnly")
    }
    taking = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            text = str(operation.get("requestBody", {}))
            named = {name for name in bodies | {"Users"} if f"/schemas/{name}'" in text}
            if named or any(p.get("name") == "zone" for p in operation.get("parameters", [])):
                taking.add((method, path))
    assert len(taking) == len(_doors(owner, "UTC")) - 1  # a dry run is an import


def test_every_zone_of_the_database_is_taken_and_no_other(database: psycopg.Connection[Any]) -> None:
    refused = "select t.name from pg_timezone_names as t where not is_zone(t.name) and t.name ~ '^[A-Z]' order by 1"
    assert database.execute(refused).fetchall() == [("Factory",)]
    here = {name for (name,) in database.execute("select name from pg_timezone_names")}
    for zone in ODD:
        known = database.execute("select is_zone(%s)", [zone]).fetchone()
        assert known == (False,), zone
    assert here >= {"Europe/Berlin", "Etc/GMT-14"}


@pytest.mark.parametrize("table", ["athletes", "registrations", "sessions", "imports"])
def test_psql_cannot_write_an_unknown_zone_either(database: psycopg.Connection[Any], owner: Client, table: str) -> None:
    insert = {
        "athletes": "insert into athletes (name, zone) values ('Grace', %s)",
        "registrations": "insert into registrations (email, username, full_name, zone, password_hash, expires_at)"
        " values ('a@example.org', 'a2', '', %s, '', now())",
        "sessions": "insert into sessions (athlete_id, started_at, local_on, zone)"
        f" values ({owner.athlete_id}, '2026-01-05T12:00Z', '2026-01-05', %s)",
        "imports": "insert into imports (athlete_id, source, file_name, file_sha256, file_bytes, zone, state)"
        f" values ({owner.athlete_id}, 'hevy', '', sha256(''), 0, %s, 'done')",
    }[table]
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        database.execute(insert, [UNKNOWN])
    assert refused.value.diag.constraint_name == f"{table}_zone_is_known"
    database.execute(insert, ["Europe/Berlin"])


# ── what is stored, and not known any more ──────────────────────────────────────────────────────────────────


@pytest.fixture
def forget(database: psycopg.Connection[Any]) -> Any:
    """Has everything that is stored be of a zone that this server does not know, as after a move to another one."""

    def forgotten() -> None:
        database.execute("set session_replication_role = replica")  # as a restore and a subscription write
        for table in ("athletes", "sessions", "imports", "registrations"):
            database.execute(f"update {table} set zone = '{UNKNOWN}'")
        database.execute("set session_replication_role = origin")

    return forgotten


def test_a_zone_that_is_unknown_by_now_fails_no_request_and_is_said(
    app: Flask, stage: Stage, owner: Client, database: psycopg.Connection[Any], forget: Any
) -> None:
    """Every route, with everything stored in that zone."""
    failed = []
    for (method, rule), case in STEADY.items():
        ask = case(stage)
        forget()
        reply: Any = owner.request(method, ask.address, **ask.options)
        if reply.status_code >= 400:
            failed.append((method, rule, reply.text))
    assert failed == []
    me: Any = owner.get("/api/v1/users/me").json
    assert (me["zone"], me["zone_is_known"]) == (UNKNOWN, False)
    athletes: Any = owner.get("/api/v1/athletes").json
    assert {a["zone_is_known"] for a in athletes["items"]} == {False}
    report: Any = owner.get("/api/v1/reports/training").json
    assert (report["period"]["zone"], report["period"]["zone_is_known"]) == ("UTC", False)
    new: Any = owner.post("/api/v1/sessions", json=SESSION).json
    assert (new["zone"], new["local_on"]) == ("UTC", "2026-01-05")
    imported: Any = owner.post("/api/v1/imports", data=_file()).json
    assert (imported["zone"], imported["notices"]) == (
        "UTC",
        [f"The athlete's zone, {UNKNOWN}, is not known here: times were read in UTC."],
    )


def test_what_else_is_stored_with_an_unknown_zone_can_be_changed_and_the_zone_stays(owner: Client, forget: Any) -> None:
    made: Any = owner.post("/api/v1/sessions", json=SESSION)
    forget()
    session: Any = owner.patch(f"/api/v1/sessions/{made.json['id']}", json={"title": "Legs"}).json
    assert (session["title"], session["zone"]) == ("Legs", UNKNOWN)
    read_and_sent_back = owner.put(
        f"/api/v1/sessions/{made.json['id']}", json=session, headers={"If-Match": f'"{session["version"]}-"'}
    )
    assert (read_and_sent_back.status_code, read_and_sent_back.json["zone"]) == (200, UNKNOWN)
    athlete: Any = owner.patch(f"/api/v1/athletes/{owner.athlete_id}", json={"name": "Grace", "zone": UNKNOWN})
    assert (athlete.status_code, athlete.json["zone_is_known"]) == (200, False)


def test_a_strangers_unknown_zone_costs_a_coach_no_page(stage: Stage, owner: Client, forget: Any) -> None:
    team: Any = owner.post("/api/v1/teams", json={"name": "Club"}).json
    kept: Any = owner.post("/api/v1/athletes", json={"name": "Grace", "team_id": team["id"]}).json
    forget()
    for address in (f"teams/{team['id']}", "athletes", f"athletes?team_id={team['id']}", f"athletes/{kept['id']}"):
        assert owner.get(f"/api/v1/{address}").status_code == 200, address
    seen: Any = owner.get(f"/api/v1/teams/{team['id']}").json
    assert [a["name"] for a in seen["athletes"]] == ["Grace"]


def test_no_statement_counts_in_a_zone_but_through_zone_or_utc() -> None:
    files = [*QUERIES.rglob("*.sql"), *(MIGRATIONS / "repeatable").glob("*.sql")]
    assert files
    found = [
        (file.name, zone)
        for file in files
        for zone in re.findall(r"at time zone\s+(\S+)", re.sub(r"--.*", "", file.read_text()))
        if not zone.startswith("'UTC'") and "zone_or_utc(" not in zone
    ]
    assert found == []
