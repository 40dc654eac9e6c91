"""A database filled with the training of several athletes, for the budgets of the query files.

Ids start at 1, as the files' samples do: user, athlete, login, session, import and exercise 1 are there.
"""

from __future__ import annotations

from typing import Any

import psycopg

from tests.postgres import vacuum

ATHLETES, SESSIONS_EACH, SETS_EACH = 4, 250, 12

_FILL = """
select set_config('app.request_id', 'filled', true);  -- no statement by hand, which would raise versions row by row

insert into workouts.users (email, username, password_hash)
select
  name || '@example.com',
  name,
  '$argon2id$v=19$'
from unnest(array['demo', 'ada', 'grace', 'edsger']) as name;

insert into workouts.athletes (user_id, name)
select u.id, u.username
from workouts.users as u
order by u.id;

insert into workouts.logins (user_id, refresh_hash, expires_at)
select u.id, sha256('token'), now() + interval '1 day'
from workouts.users as u, generate_series(1, 5)
order by u.id;

insert into workouts.api_keys (user_id, name, scopes, secret_start, secret_sha256)
select u.id, 'key ' || n, '{{sessions:read}}', 'Ab3d', sha256('secret')
from workouts.users as u, generate_series(1, 60) as n
order by u.id, n;

insert into workouts.imports (athlete_id, source, file_name, file_sha256, file_bytes, zone)
select a.id, 'hevy', 'workouts.csv', sha256(convert_to('file ' || n, 'UTF8')), 1000, 'UTC'
from workouts.athletes as a, generate_series(1, 60) as n
order by a.id, n;

-- Days alternate between the athletes, as they would come in: an athlete's rows do not lie side by side.
insert into workouts.sessions (
  athlete_id, started_at, ended_at, local_on, zone, title, rpe, import_id, exercise_count, set_count, volume_kg
)
select
  a.id,
  '2024-06-03T17:00:00Z'::timestamptz + n * interval '3 days',
  '2024-06-03T18:00:00Z'::timestamptz + n * interval '3 days',
  '2024-06-03'::date + n * 3,
  'UTC',
  (array['Push', 'Pull', 'Legs'])[1 + n % 3],
  7.5,
  (select min(i.id) from workouts.imports as i where i.athlete_id = a.id),
  4,
  12,
  -- as the sets below come to, or the nightly comparison would have something to mend
  4 * (5 * {sets} + {sets} * ({sets} + 1) / 2) * (60 + (n * 4 + a.id) % 40 * 2.5)
from generate_series(0, {sessions} - 1) as n, workouts.athletes as a
order by n, a.id;

insert into workouts.session_exercises (session_id, athlete_id, local_on, exercise_no, position, exercise_id)
select s.id, s.athlete_id, s.local_on, n, n, 1 + (s.id + n * 7) % 60
from workouts.sessions as s, generate_series(1, 4) as n
order by s.id, n;

insert into workouts.sets (
  session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position, reps, weight_kg, rpe
)
select
  s.id, s.athlete_id, e.exercise_id, s.local_on, e.exercise_no, n, n, 5 + n, 60 + (s.id % 40) * 2.5, 8
from workouts.sessions as s
join workouts.session_exercises as e on e.session_id = s.id
cross join generate_series(1, {sets}) as n
order by s.id, e.exercise_no, n;

-- One that is asked about, and one that is kept.
insert into workouts.doubts (
  athlete_id, session_id, local_on, exercise_no, set_no, rule, unit, value, state, decided_at
)
select
  s.athlete_id, s.id, s.local_on, 1, n, 'many_reps', 'reps', 1500,
  case n when 1 then 'open' else 'kept' end, case n when 2 then now() end
from workouts.sessions as s, generate_series(1, 2) as n
where s.id % 10 < 5;

insert into workouts.session_comments (athlete_id, session_id, author_id, local_on, body)
select s.athlete_id, s.id, 1, s.local_on, 'Slower on the way down.'
from workouts.sessions as s, generate_series(1, 3) as n
where s.id <= 300;

-- A name that no import knew.
insert into workouts.exercises (athlete_id, name)
select a.id, 'Zercher zigzag' from workouts.athletes as a order by a.id limit 1;

insert into workouts.imported_sessions (athlete_id, source, source_key, row_digest, session_id, import_id)
select s.athlete_id, 'hevy', s.id::text, sha256('row'), s.id, s.import_id
from workouts.sessions as s;

-- The first coaches what the others train: in two teams of 40 athletes, in and out and in again.
insert into workouts.athletes (name, kept_by, born_on)
select 'Kept ' || n, case when n = 1 then 1 else 2 end, '1990-01-01'::date + n * 37
from generate_series(1, 80) as n;

insert into workouts.teams (name, headquarters)
select 'Team ' || n, 'Berlin'
from generate_series(1, 30) as n;

insert into workouts.team_members (team_id, user_id, role, joined_on)
select t.id, u.id, case when t.id % 2 = u.id % 2 then 'owner' else 'coach' end, '2024-01-01'
from workouts.teams as t, workouts.users as u
where t.id <= 2 or u.id = 2 + t.id % 3;

insert into workouts.team_athletes (team_id, athlete_id, athlete_name, joined_on, left_on)
select 1 + a.id % 2, a.id, a.name, s.joined_on, case when s.n < 2 then s.joined_on + 200 end
from workouts.athletes as a
cross join lateral (
  select n, '2024-06-01'::date + n * 300 as joined_on
  from generate_series(0, 2) as n
) as s
where a.id > 1 and a.id <> 5;

insert into workouts.laps (session_id, lap_no, duration_s, distance_m, ascent_m, descent_m, average_heart_rate_bpm)
select s.id, n, 600, 2000, 10, 10, 120 + n
from workouts.sessions as s, generate_series(1, 6) as n
where s.athlete_id = 1;

insert into workouts.day_values (athlete_id, kind, local_on, value)
select a.id, k.kind, '2024-06-03'::date + n, k.value + n % 5
from workouts.athletes as a, generate_series(0, 299) as n,
  (values ('weight_kg', 80), ('resting_hr_bpm', 50), ('max_heart_rate_bpm', 190)) as k (kind, value)
where a.id <= 4;

insert into workouts.invitations (kind, team_id, invited_by, code_sha256, uses_left, email, expires_at)
select
  'athlete', 1 + n % 2, 1 + n % 4, sha256(convert_to('code ' || n, 'UTF8')), 20,
  case when n > 200 then 'grace@example.com' end, now() + interval '10 days'
from generate_series(1, 220) as n;

insert into workouts.idempotency_keys (owner_id, user_id, key, digest, status, reply)
select u.id, u.id, 'a-key' || case when n > 1 then n::text else '' end, sha256('body'), 201, '{{"id": 1}}'
from workouts.users as u, generate_series(1, 200) as n;
"""


def fill(database: psycopg.Connection[Any]) -> None:
    """12,000 sets of four athletes, vacuumed: index-only scans need the visibility map."""
    database.execute(_FILL.format(sessions=SESSIONS_EACH, sets=SETS_EACH // 4).encode())
    vacuum(database)
