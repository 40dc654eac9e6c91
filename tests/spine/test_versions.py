"""A version rises with every change that a client can see, whoever makes it: statements by hand too."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.access.cast import World
from tests.conftest import Client
from tests.routes import SESSION

# What no reply shows, or what tells of the version itself; and a session's athlete, whose change is no edit.
UNSEEN = {
    "users": {"password_hash"},
    "athletes": set(),
    "teams": set(),
    "exercises": {"athlete_id", "former_names"},
    "sessions": {
        *("athlete_id", "import_version", "last_exercise_no", "set_rating", "set_rating_version"),
        *("laps_s", "lap_durations_s", "lap_heart_rates_bpm", "laps_effort"),
    },
}
OF_ALL = {"id", "version", "created_at", "updated_at"}
OTHER = {
    "text": "{0} || 'x'",
    "boolean": "not {0}",
    "date": "coalesce({0}, '2001-01-01') - 1",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 second'",
    "double precision": "coalesce({0}, 170) + 1",
    "smallint": "{0} + 1",
    "integer": "coalesce({0}, 0) + 1",
    "uuid": "gen_random_uuid()",
    "numeric": "coalesce({0}, 5) + 1",
    "text[]": "{0} || array['x']",
    "double precision[]": "{0} || array[1]::float8[]",
}
OTHER_OF = {
    "users.username": "'another'",
    "athletes.sex": "'other'",
    "athletes.zone": "'Europe/Berlin'",
    "athletes.kept_by": "(select max(id) from users)",
    "athletes.user_id": "null",
    "exercises.athlete_id": "null",
    "exercises.equipment": "'other'",
    "exercises.category": "'other'",
    "exercises.mechanic": "'isolation'",
    "exercises.merged_into": "1",
    "exercises.tracking": "'reps'",
    "exercises.bodyweight_factor": "0.64",
    "sessions.athlete_id": "(select max(id) from athletes)",
    "sessions.status": "'planned'",
    "sessions.sport": "'running'",
    "sessions.max_heart_rate_bpm": "180",
    "sessions.zone": "'Europe/Berlin'",
    "sessions.ended_at": "started_at + interval '3 hours'",
    "sessions.started_at": "started_at - interval '1 second'",
    "sessions.import_id": "case when import_id is null then (select max(id) from imports) end",
}
ROWS = {
    "users": "username = 'owner'",
    "athletes": "user_id = (select id from users where username = 'owner')",
    "teams": "name = 'Weightlifters'",
    "exercises": "athlete_id is not null",
    "sessions": "title = 'Legs'",
}
KEPT = {"athletes.kept_by": "user_id is null and kept_by is not null"}


def columns(database: psycopg.Connection[Any], table: str) -> dict[str, str]:
    rows = database.execute(
        "select a.attname, format_type(a.atttypid, null) from pg_attribute as a"
        " where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum",
        [table],
    ).fetchall()
    return dict(rows)


@pytest.fixture(scope="module")
def world(app: Any, _superuser: psycopg.Connection[Any], password_hash: str) -> World:
    made = World(app, _superuser, password_hash)
    made.make()
    run = {**SESSION, "title": "Run", "laps": [{"duration_s": 300}]}
    assert made.cast["owner"].post("/api/v1/sessions", json=run).status_code == 201
    return made


def test_every_table_with_a_version_is_looked_at(world: World) -> None:
    found = world.database.execute(
        "select a.attrelid::regclass::text from pg_attribute as a join pg_class as c on c.oid = a.attrelid"
        " where c.relkind = 'r' and a.attname = 'updated_at' and c.relnamespace = 'workouts'::regnamespace"
    ).fetchall()
    assert {table for (table,) in found} == set(ROWS)


@pytest.mark.parametrize("table", ROWS)
def test_it_rises_by_one_for_each_column_that_is_seen(world: World, table: str) -> None:
    before = "select version, updated_at from {0} where {1}"
    wrong = {}
    for column, kind in columns(world.database, table).items():
        if column in OF_ALL:
            continue
        where = KEPT.get(f"{table}.{column}", ROWS[table])
        other = OTHER_OF.get(f"{table}.{column}", OTHER.get(kind, "no rule")).format(column)
        with world.database.transaction(force_rollback=True):
            then = world.database.execute(before.format(table, where)).fetchone()
            now = world.database.execute(
                f"update {table} set {column} = {other} where {where} returning version, updated_at"
            ).fetchone()
            rise = 0 if column in UNSEEN[table] else 1
            if now is None or then is None or now[0] - then[0] != rise or (now[1] > then[1]) != bool(rise):
                wrong[column] = (then, now)
    assert wrong == {}


@pytest.mark.parametrize("table", ROWS)
def test_a_statement_that_sets_it_keeps_its_own_and_one_that_changes_nothing_leaves_it(
    world: World, table: str
) -> None:
    first = next(name for name in columns(world.database, table) if name in ("email", "name", "title"))
    for change, version in ((f"{first} = {first} || 'x', version = 7", 7), (f"{first} = {first}", 1)):
        with world.database.transaction(force_rollback=True):
            world.database.execute(f"update {table} set version = 1 where {ROWS[table]}")
            found = world.database.execute(
                f"update {table} set {change} where {ROWS[table]} returning version"
            ).fetchone()
            assert found == (version,)


# What a reply shows of other tables: the table, whose version tells of it, and what finds the rows.
SHOWN = {
    "sets": ("sessions", "session_id"),
    "session_exercises": ("sessions", "session_id"),
    "laps": ("sessions", "session_id"),
    "exercise_muscles": ("exercises", "exercise_id"),
    "exercise_muscle_shares": ("exercises", "exercise_id"),
    "exercise_aliases": ("exercises", "exercise_id"),
    "team_members": ("teams", "team_id"),
    "team_athletes": ("teams", "team_id"),
}
CHANGES = {
    "sets": "weight_kg = coalesce(weight_kg, 0) + 1",
    "session_exercises": "notes = notes || 'x'",
    "laps": "duration_s = coalesce(duration_s, 0) + 1",
    "exercise_muscles": "share = share / 2",
    "exercise_muscle_shares": "share = share / 2",
    "exercise_aliases": "alias = alias || 'x'",
    "team_members": "joined_on = joined_on - 1",
    "team_athletes": "joined_on = joined_on - 1",
}
NO_COPY = """
select c.conrelid::regclass::text, c.confrelid::regclass::text, a.attname
from pg_constraint as c
join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
where c.contype = 'f'
  and c.confdeltype = 'c'
  and c.confrelid in ('sessions'::regclass, 'exercises'::regclass, 'teams'::regclass, 'session_exercises'::regclass)
"""
UNSHOWN = {
    "exercise_merges": "what a merge moved; the exercise itself says that it was merged",
    "imported_sessions": "what an import remembers",
    "invitations": "a list of its own",
    "set_edits": "a version of each set",
    "doubts": "they are read apart, and what they decide raises the version",
    "session_checks": "what was looked through, for the nightly job",
    "session_comments": "they are read apart",
}


def test_every_table_that_belongs_to_a_versioned_one_is_looked_at(world: World) -> None:
    found = {table for table, _, _ in world.database.execute(NO_COPY)}
    assert found - UNSHOWN.keys() == SHOWN.keys()


@pytest.mark.parametrize("table", SHOWN)
def test_what_a_statement_by_hand_does_to_a_part_raises_the_version_of_the_whole_once(world: World, table: str) -> None:
    above, column = SHOWN[table]
    row = world.database.execute(f"select {column}, ctid::text from {table} order by {column} desc limit 1").fetchone()
    assert row is not None, f"nothing is in {table}"
    whole, place = row
    version = f"select version from {above} where id = {whole}"
    for change, rise in (
        (f"update {table} set {CHANGES[table]} where ctid = '{place}'", 1),
        (f"update {table} set {column} = {column} where ctid = '{place}'", 0),
        (f"with a as (delete from {table} where ctid = '{place}' returning 1) select count(*) from a", 1),
    ):
        with world.database.transaction(force_rollback=True):
            before = world.database.execute(version).fetchone()
            world.database.execute(change)
            world.database.execute("set constraints all immediate")
            assert world.database.execute(version).fetchone() == (before[0] + rise,), change


def test_an_application_s_statement_raises_it_once(owner: Client) -> None:
    made = owner.post("/api/v1/sessions", json=SESSION)
    assert made.json["version"] == 1
    url = f"/api/v1/sessions/{made.json['id']}"
    changed = owner.put(url, json={**SESSION, "exercises": []}, headers={"If-Match": made.headers["ETag"]})
    assert changed.json["version"] == owner.get(url).json["version"] == 2


def test_a_zone_that_the_athlete_changed_is_a_new_version_of_the_user(owner: Client, admin: Client) -> None:
    url = f"/api/v1/users/{owner.user_id}"
    seen = admin.get(url)
    assert owner.patch(f"/api/v1/athletes/{owner.athlete_id}", json={"zone": "Asia/Tokyo"}).status_code == 200
    body = {name: seen.json[name] for name in ("email", "username", "full_name", "zone", "is_active", "is_superuser")}
    stale = admin.put(url, json=body, headers={"If-Match": seen.headers["ETag"]})
    assert stale.status_code == 412
    assert admin.get(url).json["zone"] == "Asia/Tokyo"
    mine = owner.patch("/api/v1/users/me", json={"zone": "Asia/Seoul"})
    assert mine.json["version"] == owner.get("/api/v1/users/me").json["version"] == seen.json["version"] + 2
