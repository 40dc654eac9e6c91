"""Exercises that are there when 0044 to 0046 run get what they told of themselves before."""

from __future__ import annotations

import pytest

from workouts_api.migrate import migrate
from workouts_api.migrate.files import MIGRATIONS

from .conftest import Database

pytestmark = pytest.mark.sweep

BEFORE = """
insert into users (email, username) values ('a@example.com', 'ada');
insert into athletes (user_id, name) select u.id, 'Ada' from users as u;
insert into muscles (name) select 'shoulders' where not exists (select from muscles where name = 'shoulders');
insert into exercises (athlete_id, name, category)
select a.id, c, c from athletes as a, unnest('{strength,cardio,mobility,bodyweight}'::text[]) as c;
insert into exercise_muscles (exercise_id, muscle_id, share)
select x.id, m.id, 0.5 from exercises as x, muscles as m where x.athlete_id is not null and m.name = 'shoulders';
"""


def test_own_exercises_get_codes_and_tracking(database: Database) -> None:
    (number,) = (int(path.name[:4]) for path in MIGRATIONS.glob("*_describe_exercises.sql"))
    migrate(database.url, to=number - 1)
    database.run(BEFORE)
    migrate(database.url)
    assert database.rows(
        "select x.name, x.tracking, x.bodyweight_factor, s.code, s.share from exercises as x"
        " join exercise_muscle_shares as s on s.exercise_id = x.id where x.athlete_id is not null order by x.id"
    ) == [
        ("strength", "weight_reps", None, "delt_front", 0.5),
        ("cardio", "distance_time", None, "delt_front", 0.5),
        ("mobility", "time", None, "delt_front", 0.5),
        ("bodyweight", "bodyweight_reps", None, "delt_front", 0.5),
    ]
