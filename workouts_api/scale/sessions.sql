-- Sessions from first on, with the counts and the volume of their sets.
insert into workouts.sessions (
  id, athlete_id, started_at, ended_at, local_on, rpe, status, exercise_count, set_count, volume_kg, zone, title,
  notes, created_at, updated_at
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
  s.zone,
  (array['Push', 'Pull', 'Legs', 'Full body'])[1 + s.plan],
  case when s.id %% 7 = 0 then 'Slept well; the last sets were heavy.' else '' end,
  s.started_at + interval '2 hours',
  s.started_at + interval '2 hours'
from scale_sessions as s
join (
  select
    x.session_id,
    max(x.exercise_no) as exercise_count,
    count(*) as set_count,
    sum(workouts.set_volume_kg(x.kind, x.weight_kg, x.reps)) as volume_kg
  from workouts.sets as x
  where x.session_id >= %(first_session)s
  group by x.session_id
) as t on t.session_id = s.id
order by s.id
