-- The sessions, with what scale_totals says of their sets.
insert into workouts.sessions (
  id, athlete_id, started_at, ended_at, local_on, rpe, status, exercise_count, set_count, volume_kg,
  set_rating, set_rating_version, zone, title, notes, import_id, import_version, created_at, updated_at
)
overriding system value
select
  s.id,
  s.athlete_id,
  s.started_at,
  s.started_at + make_interval(mins => 10 + 3 * s.sets),
  s.local_on,
  5 + (s.id %% 9) * 0.5,
  'done',
  t.exercise_count,
  t.set_count,
  t.volume_kg,
  t.set_rating,
  1,
  s.zone,
  (array['Push', 'Pull', 'Legs', 'Full body'])[1 + s.plan],
  case when s.id %% 7 = 0 then 'Slept well; the last sets were heavy.' else '' end,
  b.import_id,
  case when b.import_id is not null then 1 end,
  s.started_at + interval '2 hours',
  s.started_at + interval '2 hours'
from scale_sessions as s
join scale_totals as t on t.session_id = s.id
left join scale_brought as b on b.athlete_id = s.athlete_id
order by s.id
