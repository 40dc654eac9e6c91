"""``workouts db scale``: the same training every time, true to the schema's rules."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from tests.conftest import create_database
from workouts_api.dba.scale.commands import scale
from workouts_api.dba.scale.spread import spread
from workouts_api.host.embedded import EmbeddedPostgres

pytestmark = pytest.mark.sweep

SETS, ATHLETES = 3_000, 12
_CONTENTS = """
select string_agg(t::text, chr(10) order by t::text)
from (
  select e.athlete_id, e.name, a.name, a.kept_by, u.email, m.team_id, m.joined_on, m.left_on,
    i.id, n.row_digest, l.device
  from athletes as a
  left join users as u on u.id = a.user_id
  left join exercises as e on e.athlete_id = a.id and e.id % 40 = 0
  left join team_athletes as m on m.athlete_id = a.id
  left join imports as i on i.athlete_id = a.id and i.id % 10 = 0
  left join imported_sessions as n on n.import_id = i.id
  left join logins as l on l.user_id = u.id
) as t
union all
select string_agg(t::text, chr(10) order by t::text)
from (
  select s.id, s.athlete_id, s.started_at, s.local_on, s.set_count, s.volume_kg, t.exercise_no, t.set_no, t.reps,
    t.weight_kg, t.kind, t.rpe, t.exercise_id
  from sessions as s
  join sets as t on t.session_id = s.id
) as t
"""
_RULES = """
select c.relname, k.conname, pg_get_constraintdef(k.oid), k.convalidated, obj_description(k.oid)
from pg_constraint as k
join pg_class as c on c.oid = k.conrelid
where c.relnamespace = 'workouts'::regnamespace
union all
select c.relname, t.tgname, t.tgenabled::text, true, null
from pg_trigger as t
join pg_class as c on c.oid = t.tgrelid
where c.relnamespace = 'workouts'::regnamespace
  and not t.tgisinternal
union all
select c.relname, null, pg_get_indexdef(c.oid), i.indisvalid, obj_description(c.oid)
from pg_index as i
join pg_class as c on c.oid = i.indexrelid
where c.relnamespace = 'workouts'::regnamespace
order by 1, 2, 3
"""


class Scaled:
    """A database of its own that the command can be told to fill."""

    def __init__(self, cluster: EmbeddedPostgres, name: str) -> None:
        self.conninfo = cluster.dsn(name, "workouts_migrator")
        self.admin = psycopg.connect(cluster.dsn(name), autocommit=True)
        self.admin.execute("set search_path = workouts, extensions, pg_temp")

    def scale(self, *arguments: object) -> Result:
        given = [*map(str, arguments), "--until", "2026-06-01", "--database-url", self.conninfo]
        return CliRunner().invoke(scale, given)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.admin.execute(query.encode()).fetchall()

    def digest(self) -> str:
        return hashlib.sha256(repr(self.rows(_CONTENTS)).encode()).hexdigest()


@pytest.fixture
def databases(cluster: EmbeddedPostgres, template: str, database_name: str) -> Iterator[list[Scaled]]:
    names = [f"{database_name}_scale_{number}" for number in (1, 2)]
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        for name in names:
            create_database(admin, name, template)
        found = [Scaled(cluster, name) for name in names]
        yield found
        for one, name in zip(found, names, strict=True):
            one.admin.close()
            admin.execute(f"drop database {name} with (force)")


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(databases: list[Scaled]) -> None:
    first, second = databases
    for one in databases:
        made = one.scale(SETS, "--athletes", ATHLETES)
        assert made.exit_code == 0, made.output
    assert first.digest() == second.digest()
    second.admin.execute("delete from athletes; delete from users")
    assert second.scale(SETS, "--athletes", ATHLETES, "--seed", 2).exit_code == 0
    assert first.digest() != second.digest()


def test_every_rule_of_the_schema_stands_afterwards_and_is_validated(databases: list[Scaled]) -> None:
    one = databases[0]
    before = one.rows(_RULES)
    assert one.scale(SETS, "--athletes", ATHLETES).exit_code == 0
    assert one.rows(_RULES) == before
    # Else index-only scans visit the table, and budgets are measured of that.
    assert one.rows("select relname from pg_stat_user_tables where n_tup_ins > 0 and last_vacuum is null") == []
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        one.admin.execute("update sets set local_on = local_on + 1")


def test_counts_and_totals_are_those_of_the_sets(databases: list[Scaled]) -> None:
    one = databases[0]
    made = one.scale(SETS, "--athletes", ATHLETES)
    assert f"{SETS:,} sets" in made.output
    assert one.rows("select count(*) from sets") == [(SETS,)]
    assert one.rows("select count(distinct athlete_id) from sessions") == [(ATHLETES,)]
    wrong = """
        select s.id
        from sessions as s
        left join lateral (
          select count(*) as sets, count(distinct t.exercise_no) as exercises,
            sum(set_volume_kg(t.kind, t.weight_kg, t.reps)) as volume_kg
          from sets as t
          where t.session_id = s.id
        ) as t on true
        where s.set_count <> t.sets or s.exercise_count <> t.exercises or abs(s.volume_kg - t.volume_kg) > 0.001
          or s.exercise_count <> (select count(*) from session_exercises as e where e.session_id = s.id)
          or s.local_on <> (s.started_at at time zone s.zone)::date
    """
    assert one.rows(wrong) == []


def test_athlete_1_has_trained_for_five_years_and_is_the_user_of_the_bench(databases: list[Scaled]) -> None:
    one = databases[0]
    assert one.scale(60_000, "--athletes", 20).exit_code == 0
    assert one.rows("select count(*) from sets where athlete_id = 1") == [(25_000,)]
    years = one.rows("select (max(local_on) - min(local_on)) / 365.25 from sessions where athlete_id = 1")[0][0]
    assert 4.9 < years < 5.1
    assert one.rows("select u.email from users as u join athletes as a on a.user_id = u.id where a.id = 1") == [
        ("bench@example.com",)
    ]
    assert one.rows("select last_value >= (select max(id) from sessions) from sessions_id_seq") == [(True,)]


def test_a_coach_has_nearly_all_and_each_thing_is_spread_unevenly(databases: list[Scaled]) -> None:
    """Budgets are measured on these shapes: each must be there."""
    one = databases[0]
    assert one.scale(60_000, "--athletes", 20).exit_code == 0
    ((coached, others),) = one.rows("""
        select max(athletes), percentile_disc(0.5) within group (order by athletes)
        from (
          select m.user_id, count(distinct t.athlete_id) as athletes
          from team_members as m
          join team_athletes as t using (team_id)
          group by m.user_id
        ) as coaches
    """)
    assert coached >= 300
    assert others < coached / 5
    ((exercises, most, median),) = one.rows("""
        select sum(own), max(own), percentile_disc(0.5) within group (order by own)
        from (select count(*) as own from exercises where athlete_id is not null group by athlete_id) as athletes
    """)
    assert (exercises, most) == (12_000, 800)
    assert median < 30
    for shape in (
        "from exercises where athlete_id is not null and name ~ 'Jefferson'",
        "from exercise_aliases as a join exercises as e on e.id = a.exercise_id where e.athlete_id is not null",
        "from athletes where kept_by is not null",
        "from team_athletes where left_on < '2026-06-01' and keeps_history",
        "from team_athletes where left_on < '2026-06-01' and not keeps_history",
        "from imported_sessions as i join sessions as s on s.id = i.session_id and s.import_id = i.import_id",
        "from logins where user_id = 1 and revoked_at is not null",
        "from api_keys where user_id = 1 offset 50",
        "from invitations where expires_at < now()",
        "from audit_events where action = 'delete'",
    ):
        assert one.rows(f"select exists (select {shape})") == [(True,)], shape
    ((rare, events),) = one.rows("select count(*) filter (where action = 'delete'), count(*) from audit_events")
    assert rare < events / 1000
    assert one.rows("select (select sum(users) from user_days) = (select count(*) from users)") == [(True,)]


def test_who_is_there_already_stays_alone_unless_told(databases: list[Scaled]) -> None:
    one = databases[0]
    assert one.scale(500, "--athletes", 3).exit_code == 0
    refused = one.scale(500, "--athletes", 3)
    assert refused.exit_code == 1
    assert "expected an empty one, or --add" in refused.output
    assert one.rows("select count(*) from sets") == [(500,)]
    assert one.scale(500, "--athletes", 3, "--add", "--by-athlete").exit_code == 0
    assert one.rows("select count(*) from sets") == [(1000,)]
    pieces = """
        select count(*)
        from (
          select athlete_id, lag(athlete_id) over (order by id) as before
          from sessions
          where athlete_id > 3
        ) as s
        where athlete_id is distinct from before
    """
    assert one.rows(pieces) == [(3,)]


def test_too_few_athletes_are_refused_before_anything_is_locked(databases: list[Scaled]) -> None:
    refused = databases[0].scale(1_000_000, "--athletes", 2)
    assert refused.exit_code == 2
    assert "expected at least 21 athletes" in " ".join(refused.output.split())
    assert databases[0].rows("select count(*) from users") == [(0,)]


@pytest.mark.parametrize(("sets", "athletes"), [(1, 1), (1, 5), (40_000, 1), (100_000, 40), (1_000_000, 488)])
def test_few_have_many_sets_and_many_have_few(sets: int, athletes: int) -> None:
    if athletes == 1 and sets > 25_000:
        with pytest.raises(ValueError, match="expected at least 2 athletes"):
            spread(sets, athletes, 1)
        return
    counts = spread(sets, athletes, 1)
    assert sum(counts) == sets
    assert len(counts) == athletes
    others = sorted(counts[1:], reverse=True)
    if athletes > 100:
        assert sum(others[: len(others) // 5]) > sum(others) / 2
