"""DELETE /api/v1/users/me"""

from __future__ import annotations

import io

import pytest

from tests.conftest import PASSWORD
from tests.routes import HEVY, SESSION
from tests.teams.people import TEAMS, become_coach, days_seen, join, keep, make_team, train

ME = "/api/v1/users/me"
BODY = {"json": {"password": PASSWORD}}


@pytest.fixture
def owner_with_everything(owner, anonymous, outbox):
    """An owner who has used all there is, and so left traces in every table that knows people."""
    exercise = owner.post("/api/v1/exercises", json={"name": "Owner's own press", "aliases": ["OOP"]}).json
    one = {"exercise_id": exercise["id"], "sets": [{"reps": 5, "weight_kg": 100}]}
    made = owner.post("/api/v1/sessions", json=SESSION | {"exercises": [one]}, headers={"Idempotency-Key": "key"})
    assert made.status_code == 201
    file = {"file": (io.BytesIO(HEVY.encode()), "hevy.csv")}
    assert owner.post("/api/v1/imports", data=file).status_code == 201
    key = {"name": "Owner's script", "scopes": ["sessions:read"]}
    assert owner.post(f"{ME}/api-keys", json=key).status_code == 201
    anonymous.post("/api/v1/auth/password-reset", json={"email": "owner@example.com"})
    outbox()
    return owner


def traces(database, user_id, athlete_id):
    """Tables in which the person is still to be found: by name, by address or by what refers to them."""
    tables = database.execute(
        "select c.oid::regclass::text from pg_class as c"
        " where c.relkind in ('r', 'p') and c.relnamespace in ('workouts'::regnamespace, 'jobs'::regnamespace)"
        " and c.relname not like 'schema\\_%'"  # the runner's own, which name objects of the schema
    ).fetchall()
    columns = {
        (table, column): owner
        for table, column, owner in database.execute(
            "select c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text from pg_constraint as c"
            " join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]"
            " where c.contype = 'f' and c.confrelid in ('workouts.users'::regclass, 'workouts.athletes'::regclass)"
        ).fetchall()
    }
    found = set()
    for (table,) in tables:
        if database.execute(f"select 1 from {table} as t where t::text ~* '\\mowner' limit 1").fetchone():
            found.add(table)
    for (table, column), owner in columns.items():
        key = user_id if owner == "users" else athlete_id
        if database.execute(f"select 1 from {table} where {column} = %s limit 1", [key]).fetchone():
            found.add(table)
    return found


def test_everything_that_is_ones_own_is_gone_and_the_counts_prove_it(owner_with_everything, stranger, database):
    owner = owner_with_everything
    before = traces(database, owner.user_id, owner.athlete_id)
    assert before >= {"users", "athletes", "logins", "sessions", "exercises", "imports", "idempotency_keys"}
    gone = owner.delete(ME, **BODY)
    assert gone.status_code == 200, gone.json
    assert traces(database, owner.user_id, owner.athlete_id) == set()
    deleted = gone.json["deleted"]
    assert before - {"audit_events"} <= deleted.keys()
    assert gone.json["anonymised"] == {"audit_events": 2}  # that the user was made, and the key
    assert {name: deleted[name] for name in ("users", "athletes", "sessions", "sets", "exercises", "imports")} == {
        "users": 1,
        "athletes": 1,
        "sessions": 2,
        "sets": 2,
        "exercises": 1,
        "imports": 1,
    }
    assert (deleted["user_tokens"], deleted["idempotency_keys"], deleted["logins"]) == (1, 1, 1)
    kept = database.execute("select id, user_id, deleted::text::jsonb from erasures").fetchone()
    assert kept == (gone.json["erasure_id"], owner.user_id, deleted)


def test_nobody_else_loses_anything(owner_with_everything, stranger, database):
    stranger.post("/api/v1/sessions", json=SESSION)
    shared = database.execute("select count(*) from exercises where athlete_id is null").fetchone()
    owner_with_everything.delete(ME, **BODY)
    assert stranger.get(ME).status_code == 200
    assert len(stranger.get("/api/v1/sessions").json["items"]) == 1
    assert database.execute("select count(*) from exercises where athlete_id is null").fetchone() == shared


def test_teams_and_the_record_do_not_remember_a_member(sign_up, stranger, database):
    grace = sign_up("grace")
    team_id = make_team(stranger)
    join(stranger, team_id, grace)
    become_coach(stranger, team_id, grace)
    assert grace.delete(ME, **BODY).status_code == 200
    assert [m["username"] for m in stranger.get(f"{TEAMS}/{team_id}").json["members"]] == ["stranger"]
    events = "select count(*), count(*) filter (where e::text ~* 'grace') from audit_events as e where table_name = %s"
    for table in ("users", "team_members", "team_athletes"):
        done, telling = database.execute(events, [table]).fetchone()
        assert (done > 0, telling) == (True, 0), table


def test_what_others_inherit_is_handed_over_and_not_counted_and_the_rest_is(owner, stranger, database):
    both, alone = make_team(owner, "Both"), make_team(owner, "Alone")
    become_coach(owner, both, stranger)
    inherited, lost = keep(owner, "Ada", team_id=both), keep(owner, "Grace", team_id=alone)
    for athlete_id in (inherited, lost):
        train(owner, "2026-01-05", query=f"?athlete_id={athlete_id}")
    deleted = owner.delete(ME, **BODY).json["deleted"]
    counted = {
        name: deleted.get(name, 0) for name in ("teams", "team_members", "team_athletes", "athletes", "sessions")
    }
    assert counted == {"teams": 1, "team_members": 2, "team_athletes": 1, "athletes": 2, "sessions": 1}
    assert stranger.get(f"{TEAMS}/{both}").json["members"][0]["role"] == "owner"
    assert days_seen(stranger, inherited) == ["2026-01-05"]
    left = database.execute("select array_agg(distinct athlete_id), count(*) from sessions").fetchone()
    assert left == ([inherited], 1)


def test_the_last_superuser_stays(admin, sign_up, database):
    reply = admin.delete(ME, **BODY)
    assert (reply.status_code, list(reply.json["details"])) == (409, ["is_superuser"])
    assert admin.get(ME).status_code == 200
    assert database.execute("select count(*) from erasures").fetchone() == (0,)
    sign_up("second", is_superuser=True)
    assert admin.delete(ME, **BODY).status_code == 200


def test_it_needs_the_password(owner, database):
    reply = owner.delete(ME, json={"password": "wrong"})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["password"])
    assert owner.delete(ME, json={}).status_code == 422
    assert owner.get(ME).status_code == 200
    assert database.execute("select count(*) from erasures").fetchone() == (0,)


def test_afterwards_nothing_of_the_account_signs_in(owner, anonymous):
    assert owner.delete(ME, **BODY).status_code == 200
    assert owner.get(ME).json["error"] == "token_revoked"
    body = {"username": "owner", "password": PASSWORD}
    assert anonymous.post("/api/v1/auth/login", json=body).status_code == 401


def test_the_name_and_the_address_are_free_again(owner, anonymous):
    owner.delete(ME, **BODY)
    body = {"email": "owner@example.com", "username": "owner", "password": PASSWORD}
    assert anonymous.post("/api/v1/auth/register", json=body).status_code == 201


def test_a_password_that_changes_at_the_same_moment_ends_it(owner, database, monkeypatch):
    from workouts_api.api.auth import signing_in

    def meanwhile(stored_hash, password):
        database.execute("update users set password_hash = 'another'")
        return True

    monkeypatch.setattr(signing_in, "is_password", meanwhile)
    assert owner.delete(ME, **BODY).status_code == 409
    assert owner.get(ME).status_code == 200


def test_the_application_cannot_change_or_delete_a_proof(app, database):
    with app.extensions["database"].pool.connection() as connection:
        allowed = connection.execute(
            "select /* by hand */ has_table_privilege('erasures', 'update') as u,"
            " has_table_privilege('erasures', 'delete') as d"
        ).fetchone()
    assert allowed == {"u": False, "d": False}


def test_the_application_writes_a_proof_of_nobody_who_is_not_there(app, database):
    with app.extensions["database"].pool.connection() as connection:
        connection.execute("select /* by hand */ workouts.erase_user(987654)")
    assert database.execute("select count(*) from erasures").fetchone() == (0,)


def test_rows_that_others_keep_are_counted_as_anonymised(owner, database):
    """A table in which a person is set to null, as a later migration may make one."""
    database.execute(
        "create table remarks (id bigint generated always as identity primary key,"
        " by_user bigint references users on delete set null);"
        "alter table remarks owner to workouts_owner;"
    )
    try:
        database.execute("insert into remarks (by_user) values (%s), (%s)", [owner.user_id, owner.user_id])
        gone = owner.delete(ME, **BODY).json
        assert gone["anonymised"]["remarks"] == 2
        assert database.execute("select count(*) from remarks where by_user is null").fetchone() == (2,)
    finally:
        database.execute("drop table remarks")
