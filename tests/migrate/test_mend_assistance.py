"""The mending of assistance by the runner, in its batches; for one session see tests/imports/test_assistance.py."""

from __future__ import annotations

import pytest

from workouts_api.migrate import migrate, rollback
from workouts_api.migrate.files import MIGRATIONS, read_folder

from .conftest import Database

pytestmark = pytest.mark.sweep

SESSIONS = 4500  # more than two batches
HISTORY = f"""
insert into users (email, username) values ('a@example.com', 'aa');
insert into athletes (user_id, name) select u.id, 'a' from users as u;
insert into exercises (name) values ('Assisted Pull-Up');
insert into sessions (athlete_id, started_at, local_on, zone, import_version, version, volume_kg, set_count)
select a.id, d.at, d.at::date, 'UTC', 1, 1 + (n % 10 = 0)::int, 1200, 4
from athletes as a, generate_series(1, {SESSIONS}) as n,
  lateral (select '2010-01-01Z'::timestamptz + n * interval '1 day') as d (at);
insert into session_exercises (session_id, athlete_id, local_on, exercise_no, position, exercise_id)
select s.id, s.athlete_id, s.local_on, 1, 1, x.id from sessions as s, exercises as x where x.name = 'Assisted Pull-Up';
insert into sets (session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position, reps, weight_kg)
select e.session_id, e.athlete_id, e.exercise_id, e.local_on, 1, n, n, 10, 30
from session_exercises as e, generate_series(1, 4) as n;
"""
STATE = (
    "select s.volume_kg, s.version, s.import_version, min(t.weight_kg), max(t.weight_kg), count(distinct s.id) "
    "from workouts.sessions as s join workouts.sets as t on t.session_id = s.id group by 1, 2, 3 order by 2 desc, 1"
)


def test_every_session_is_mended_once_and_can_be_taken_back(database: Database) -> None:
    files = read_folder(MIGRATIONS)
    (number,) = (int(path.name[:4]) for path in MIGRATIONS.glob("*_mend_assistance.sql"))
    migrate(database.url, to=number - 1)
    database.run(HISTORY)
    edited, others = SESSIONS // 10, SESSIONS - SESSIONS // 10
    migrate(database.url)
    assert sorted(database.rows(STATE)) == [(0.0, 2, 2, -30.0, -30.0, others), (1200.0, 2, 1, 30.0, 30.0, edited)]
    rollback(database.url, files.newest - number + 1)
    assert sorted(database.rows(STATE)) == [(1200.0, 2, 1, 30.0, 30.0, edited), (1200.0, 3, 3, 30.0, 30.0, others)]
    assert database.value("select count(*) from pg_proc where proname = 'turn_help'") == 0
