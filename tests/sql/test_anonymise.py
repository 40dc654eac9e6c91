"""``workouts db anonymise``: a copy with the shapes of its source, and no text of anybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from workouts_api.dba.commands.anonymise import anonymise_command
from workouts_api.dba.production.anonymising import KEPT, LEFT_OUT, QUANTITIES, REPLACED, Column, columns, words_of
from workouts_api.dba.production.taking import NUMBERS_AND_TIMES
from workouts_api.dba.scale.filling import Wanted, fill
from workouts_api.host.embedded import EmbeddedPostgres

# The least and the most of each, and measurements beside the thresholds that they are shares of.
EXTREMES = """
set search_path = workouts;
update athletes set height_cm = 20.1 where id % 2 = 0;
update sessions set average_heart_rate_bpm = 22, max_heart_rate_bpm = 22, average_power_w = 0.1,
  normalized_power_w = 0.1, distance_m = 0.0001, ascent_m = 0.0001, descent_m = 0.0001
where id % 2 = 0;
update sessions set average_heart_rate_bpm = 149.9, max_heart_rate_bpm = 150 where id % 2 = 1;
insert into laps (session_id, lap_no, duration_s, distance_m, ascent_m, descent_m, average_heart_rate_bpm,
  max_heart_rate_bpm, average_power_w)
select s.id, 1, 60, s.distance_m, s.ascent_m, s.descent_m, s.average_heart_rate_bpm, s.max_heart_rate_bpm,
  s.average_power_w
from sessions as s;
insert into day_values (athlete_id, kind, local_on, value)
select a.id, k.code, d.local_on, d.value
from athletes as a
cross join value_kinds as k
cross join lateral (
  values (date '2020-01-06', k.lowest), ('2020-01-07', k.highest), ('2020-01-08', (k.lowest + k.highest) / 2)
) as d (local_on, value);
"""
# What `db scale` leaves empty, so that every column that is replaced has something to lose.
WORDS = """
set session_replication_role = replica;
set search_path = workouts;
delete from laps;  -- there are others below; the sessions go on having their sums
update athletes set notes = 'Torn meniscus since May';
update sessions set notes = 'With Zoltan at the lake', client_key = gen_random_uuid();
update session_exercises set notes = 'Elbow hurts';
update sets set notes = 'Spotted by Zoltan', tempo = '3-1-1-0' where set_no = 1;
update exercises set former_names = '{Grandmothers press}' where athlete_id is not null;
update imports set exercises = '[{"name": "Grandmothers press"}]', notices = '["Zoltan"]', rejected = '["lake"]';
update logins set previous_hash = sha256('previous'), device = 'Annas Telefon', address = '198.51.100.7';
update athletes set zone = 'Europe/Berlin';
update sessions set zone = 'Europe/Berlin';
update imports set zone = 'Europe/Berlin';
update audit_events set request_id = 'c0ffee', changes = '{"full_name": {"old": "Zoltan"}}';
update audit_events set row_key = 'Zoltan' where id % 2 = 0;
insert into exercise_aliases (exercise_id, alias, source)
select x.id, 'Zoltans curl', 'own' from exercises as x where x.athlete_id is not null;
update users set password_hash = '$argon2id$secret';
insert into session_comments (athlete_id, session_id, author_id, local_on, body)
select s.athlete_id, s.id, (select min(u.id) from users as u), s.local_on, 'Said by a coach' from sessions as s;
insert into doubts (athlete_id, session_id, local_on, rule, unit, value, before)
select s.athlete_id, s.id, s.local_on, 'many_reps', 'reps', 70, '{"notes": "Elbow hurts"}' from sessions as s;
insert into set_edits (session_id, exercise_no, set_no, version, device, seen)
select s.session_id, s.exercise_no, s.set_no, 1, 'Annas Telefon', '{"notes": "Elbow hurts"}' from sets as s limit 50;
insert into deleted_client_keys (athlete_id, client_key) select a.id, gen_random_uuid() from athletes as a limit 20;
-- The last athlete has days that cannot move back: two would become one, and a session would end before it moved.
insert into day_values (athlete_id, kind, local_on, value)
select max(a.id), 'pain', d.day, 3
from athletes as a
cross join unnest('{1900-01-01,1900-01-02}'::date[]) as d (day)
group by d.day;
insert into sessions (athlete_id, started_at, ended_at, local_on, zone, moving_time_s)
select max(a.id), '1900-01-02Z', '1900-01-02T01:00Z', '1900-01-02', 'UTC', 3600 from athletes as a;
"""
SECRET = (
    "meniscus",
    "zoltan",
    "elbow",
    "grandmother",
    "annas",
    "berlin",
    "argon2",
    "198.51.100",
    "coach@example",
    "bench@",
)
# Not somebody's words, and so the same in both.
NOBODYS = {"", "[]", "{}", "UTC", "None"}


@pytest.fixture(scope="module")
def databases(cluster: EmbeddedPostgres, template: str, worker: str) -> Iterator[dict[str, str]]:
    """The source, and its copy, by superusers; the copy is made by the DBA's role in the source."""
    names = {which: f"anonymise_{which}_{worker}" for which in ("source", "copy")}
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        for name in names.values():
            admin.execute(f"create database {name} template {template}".encode())
    with psycopg.connect(
        cluster.dsn(names["source"]), autocommit=True, options="-c search_path=workouts,extensions"
    ) as conn:
        wanted = Wanted(sets=3000, athletes=6, seed=1, until=date(2026, 1, 5), crowd=10, exercises=60)
        fill(conn, wanted, lambda _: nullcontext(), lambda _: None)
        conn.execute(WORDS)
        for column in columns(conn):
            if column.is_free_text:
                conn.execute(f"update {column.table} set {column.name} = 'By Zoltan' where {column.name} = ''".encode())
        for one in quantities(conn):
            conn.execute(f"update {one.table} set {one.name} = 150 where {one.name} is null".encode())
        conn.execute(EXTREMES)
    done = anonymise(cluster.dsn(names["source"], "workouts_dba"), cluster.dsn(names["copy"]))
    assert done.exit_code == 0, done.output
    yield {which: cluster.dsn(name) for which, name in names.items()}
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        for name in names.values():
            admin.execute(f"drop database {name} with (force)".encode())


def anonymise(source: str, to: str) -> Result:
    return CliRunner().invoke(anonymise_command, ["--database-url", source, "--to", to])


def read(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, options="-c search_path=workouts") as conn:
        return conn.execute(query.encode()).fetchall()


def quantities(conn: psycopg.Connection[Any]) -> list[Column]:
    """The columns of numbers whose names end with the unit of what is measured."""
    return [one for one in columns(conn) if one.type in NUMBERS_AND_TIMES and one.name.endswith(tuple(QUANTITIES))]


def texts(dsn: str) -> dict[Column, set[str]]:
    """The values of every column that is replaced, but of exercises only those of people's own."""
    with psycopg.connect(dsn, options="-c search_path=workouts") as conn:
        replaced = [column for column in columns(conn) if column.replacement]
        return {column: {str(row[0]) for row in conn.execute(_values(column))} - NOBODYS for column in replaced}


def _values(column: Column) -> bytes:
    where = {
        "exercises": "where athlete_id is not null",
        "exercise_aliases": "where exercise_id in (select id from exercises where athlete_id is not null)",
        "audit_events": "where row_key !~ '^[0-9]+$'" if column.name == "row_key" else "",
    }
    return f"select {column.name}::text from {column.table} {where.get(column.table, '')}".encode()


LISTS = "KEPT or REPLACED of workouts_api/dba/production/anonymising.py"


def test_every_column_that_may_hold_words_is_decided_on_and_no_other_is_named(template: str, newest_dsn: str) -> None:
    with psycopg.connect(make_conninfo(newest_dsn, dbname=template)) as conn:
        found = {column.full_name: column for column in words_of(conn)}
    named = KEPT | REPLACED.keys()
    unnamed = {name for name, column in found.items() if column.is_free_text or column.is_code}
    undecided = [name for name in found if name not in named | unnamed]
    assert [f"say in {LISTS} what becomes of {name}" for name in undecided] == []
    assert [
        f"{LISTS}: {name} needs no line" for name in named if name not in found or _says_nothing_new(found[name])
    ] == []
    assert not KEPT & REPLACED.keys()


def _says_nothing_new(column: Column) -> bool:
    name = column.full_name
    return (column.is_code and name in KEPT) or (column.is_free_text and REPLACED.get(name) == "{words}")


def test_every_quantity_of_an_athlete_shrinks(databases: dict[str, str]) -> None:
    wrong = []
    with psycopg.connect(databases["source"], options="-c search_path=workouts") as conn:
        found = quantities(conn)
    for one in found:
        total = f"select coalesce(sum(abs({one.name})), 0)::float8 from {one.table}"
        ((before,),), ((after,),) = (read(databases[which], total) for which in ("source", "copy"))
        if before and not before * 0.89 < after < before:
            wrong.append(f"{one.full_name} was {before} and is {after}")
    assert wrong == []


def test_no_text_of_the_source_is_in_the_copy(databases: dict[str, str]) -> None:
    source, made = texts(databases["source"]), texts(databases["copy"])
    assert [column.full_name for column, values in source.items() if not values] == []  # each has something to lose
    everything = set().union(*made.values())
    assert {column.full_name: values & everything for column, values in source.items() if values & everything} == {}
    whole = "\n".join(everything).lower()
    assert [word for word in SECRET if word in whole] == []


def test_shapes_stay(databases: dict[str, str]) -> None:
    shapes = """
        select s.athlete_id, count(*), count(distinct s.title), max(s.local_on) - min(s.local_on),
          sum(s.set_count), count(s.client_key), min(extract(isodow from s.local_on))
        from sessions as s
        group by 1
        order by 1
    """
    assert read(databases["source"], shapes) == read(databases["copy"], shapes)
    heaviest = "select session_id, exercise_no, set_no from sets order by athlete_id, weight_kg desc, 1, 2, 3"
    assert read(databases["source"], heaviest) == read(databases["copy"], heaviest)
    moved = [
        {row[0]: row for row in read(databases[which], "select id, local_on, started_at from sessions")}
        for which in ("source", "copy")
    ]
    (stays,) = read(databases["source"], "select max(id) from sessions where local_on < '1901-01-01'")[0]
    shifts = {moved[0][key][1] - moved[1][key][1] for key in moved[0] if key != stays}
    assert all(shift.days in range(7, 85, 7) for shift in shifts)
    assert all(moved[0][key][1] - moved[1][key][1] == moved[0][key][2] - moved[1][key][2] for key in moved[0])


def test_days_that_cannot_move_back_stay_and_with_them_all_of_the_athlete(databases: dict[str, str]) -> None:
    early = "select athlete_id, local_on from day_values where local_on < '1901-01-01' order by 2"
    assert read(databases["copy"], early) == read(databases["source"], early)
    days = f"select local_on from sessions where athlete_id = {read(databases['copy'], early)[0][0]} order by 1"
    assert read(databases["copy"], days) == read(databases["source"], days)


def test_every_foreign_key_holds_in_the_copy_and_new_rows_get_new_numbers(databases: dict[str, str]) -> None:
    with psycopg.connect(databases["copy"]) as conn:
        conn.execute("update pg_constraint set convalidated = false where contype = 'f' and conparentid = 0")
        keys = conn.execute(
            "select conrelid::regclass::text, conname from pg_constraint"
            " where contype = 'f' and connamespace = 'workouts'::regnamespace"
        ).fetchall()
        for table, name in keys:
            conn.execute(f'alter table {table} validate constraint "{name}"'.encode())
        conn.execute("insert into workouts.teams (name) values ('new')")
        conn.rollback()
    assert len(keys) > 20


def test_every_check_holds_in_the_copy(databases: dict[str, str]) -> None:
    with psycopg.connect(databases["copy"]) as conn:
        of_tables = "contype = 'c' and conrelid <> 0 and connamespace = 'workouts'::regnamespace"
        conn.execute(f"update pg_constraint set convalidated = false where {of_tables}".encode())
        checks = conn.execute(
            f"select conrelid::regclass::text, conname from pg_constraint where {of_tables}".encode()
        ).fetchall()
        for table, name in checks:
            conn.execute(f'alter table {table} validate constraint "{name}"'.encode())
        conn.rollback()
    assert len(checks) > 100
    beyond = """
        select v.kind, v.value
        from day_values as v
        join value_kinds as k on k.code = v.kind
        where v.value not between k.lowest and k.highest or k.is_whole and v.value <> trunc(v.value)
    """
    assert read(databases["copy"], beyond) == []


def test_what_was_measured_stays_the_same_share_of_its_threshold(databases: dict[str, str]) -> None:
    """By which the copy's loads are those of its source."""
    shares = """
        with thresholds as (
          select
            v.athlete_id,
            max(v.value) filter (where v.kind = 'resting_hr_bpm') as resting,
            max(v.value) filter (where v.kind = 'threshold_heart_rate_bpm') as threshold,
            max(v.value) filter (where v.kind = 'max_heart_rate_bpm') as highest,
            max(v.value) filter (where v.kind = 'threshold_pace_s_per_km') as pace,
            max(v.value) filter (where v.kind = 'ftp_w') as ftp
          from day_values as v
          group by v.athlete_id, v.local_on
        )
        select s.id, s.average_heart_rate_bpm / t.highest, t.resting / t.highest, t.threshold / t.highest,
          s.average_power_w / t.ftp, s.distance_m * t.pace, l.distance_m * t.pace
        from sessions as s
        join laps as l on l.session_id = s.id
        join thresholds as t using (athlete_id)
        where s.id % 2 = 1
          and t.highest between 100 and 200
          and t.ftp is not null  -- a day of all of them
        order by 1
    """
    source, made = (read(databases[which], shares) for which in ("source", "copy"))
    assert len(source) > 10
    assert [list(row) for row in made] == [pytest.approx(row, rel=1e-4) for row in source]


def test_the_source_is_never_written_to(databases: dict[str, str]) -> None:
    """It is read in a read-only transaction, and refused as a target by whichever way."""
    source = databases["source"]
    before = read(source, "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables")
    for same in (source, make_conninfo(source, application_name="another way")):
        refused = anonymise(source, same)
        assert (refused.exit_code, refused.output) == (1, "Error: source and target are the same database\n")
    assert read(source, "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables") == before


def test_a_target_that_is_not_fit_is_refused_in_one_line(databases: dict[str, str], cluster: EmbeddedPostgres) -> None:
    source, made = databases["source"], databases["copy"]
    assert "there are people in the target" in anonymise(source, made).output
    assert "sign in to it as a superuser" in anonymise(source, make_conninfo(made, user="workouts_migrator")).output
    nowhere = anonymise(source, make_conninfo(made, dbname="nowhere"))
    assert (nowhere.exit_code, nowhere.output.count("\n")) == (1, 1)


def test_a_new_column_that_may_hold_words_is_refused_until_somebody_decides(databases: dict[str, str]) -> None:
    with psycopg.connect(databases["copy"], autocommit=True) as conn:
        conn.execute("truncate workouts.users cascade")
        conn.execute("alter table workouts.users add column nickname text")
        refused = anonymise(databases["source"], databases["copy"])
        assert refused.output == "Error: users.nickname may hold somebody's words: what becomes of them is not known\n"
        conn.execute("alter table workouts.users drop column nickname")
        conn.execute("create table workouts.visits (id bigint primary key, seen_on date)")
        assert (
            "visits has days: whose they are is not known" in anonymise(databases["source"], databases["copy"]).output
        )
        conn.execute("drop table workouts.visits")


def test_what_is_left_out_is_there_and_empty(databases: dict[str, str]) -> None:
    for table in LEFT_OUT - {"schema_as_migrated", "schema_migrations", "schema_repeatables"}:
        assert read(databases["copy"], f"select count(*) from {table}") == [(0,)]
