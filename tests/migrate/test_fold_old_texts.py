"""What was stored before texts, names and quantities had one form is brought into it, or left and named."""

from __future__ import annotations

import pytest

from workouts_api.migrate import migrate
from workouts_api.migrate.files import MIGRATIONS

from .conftest import Database

pytestmark = pytest.mark.sweep

BEFORE = """
insert into users (email, username, full_name) values
  ('a@example.com', U&'a\\200Bda', U&'  Ada\\00A0\\202E King '), ('b@example.com', 'ada', 'Ada'),
  ('c@example.com', U&'gr\\200Bace', U&'Grace\\000A\\000AHopper');
insert into athletes (user_id, name) select u.id, U&'Cafe\\0301\\200B  x' from users as u where u.username = 'ada';
insert into exercises (athlete_id, name) select a.id, n.name from athletes as a,
  (values ('Squat  Deep'), ('squat deep'), (U&'Row\\200D')) as n (name);
insert into sessions (athlete_id, started_at, local_on, zone, title, notes)
select a.id, '2026-01-05Z', '2026-01-05', 'UTC', U&'Cafe\\0301\\000A', U&'e\\0301\\000B\\0009x\\001B\\200D'
from athletes as a;
insert into session_exercises (session_id, athlete_id, local_on, exercise_no, position, exercise_id, notes)
select s.id, s.athlete_id, s.local_on, 1, 1, min(x.id), U&'a\\0301' from sessions as s, exercises as x group by s.id;
insert into sets (session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position, reps,
  weight_kg, distance_m)
select e.session_id, e.athlete_id, e.exercise_id, e.local_on, 1, n, n, 1, w, abs(w)
from session_exercises as e, (values (1, 5e-324), (2, -1e-9), (3, 0), (4, 82.5), (5, 102.05828325)) as t (n, w);
"""


def test_old_texts_names_and_quantities_get_their_form(database: Database) -> None:
    (number,) = (int(path.name[:4]) for path in MIGRATIONS.glob("*_fold_old_texts.sql"))
    migrate(database.url, to=number - 1)
    database.run(BEFORE)
    said: list[str] = []
    migrate(database.url, progress=lambda event: said.append(event.text))
    assert database.rows("select username, full_name from users order by id") == [
        ("a\u200bda", "Ada King"),  # there is an ada: it stays, and is named below
        ("ada", "Ada"),
        ("grace", "Grace Hopper"),
    ]
    assert [text for text in said if "stays as it is" in text and "username" in text]
    assert database.rows("select name from athletes") == [("Caf\u00e9 x",)]
    names = [name for (name,) in database.rows("select name from exercises where athlete_id is not null order by id")]
    assert names == ["Squat  Deep", "squat deep", "Row"]
    assert database.rows("select title, notes from sessions") == [("Caf\u00e9 ", "\u00e9\n\tx\u200d")]
    assert database.rows("select notes from session_exercises") == [("\u00e1",)]
    kept = [(0, 0), (0, 0), (0, 0), (82.5, 82.5), (102.05828325, 102.05828325)]
    assert database.rows("select weight_kg, distance_m from sets order by set_no") == kept
    database.run(
        "update workouts.users set is_active = false where username like U&'a\\200B%'"
    )  # nothing else is stopped
