-- The sessions, with what scale_totals says of their sets. Athlete 1 and whoever runs wear a watch.
insert into workouts.sessions (
  id, athlete_id, started_at, ended_at, local_on, rpe, status, sport, distance_m, ascent_m, descent_m,
  average_heart_rate_bpm, exercise_count, set_count, volume_kg,
  set_rating, set_rating_version, laps_s, lap_durations_s, lap_heart_rates_bpm, laps_effort,
  zone, title, notes, import_id, import_version, created_at, updated_at
)
overriding system value
select
  s.id,
  s.athlete_id,
  s.started_at,
  s.started_at + make_interval(mins => case when s.is_run then 60 else 10 + 3 * s.sets end),
  s.local_on,
  5 + (s.id %% 9) * 0.5,
  'done',
  case when s.is_run then 'running' end,
  case when s.is_run then 11000 end,
  case when s.is_run then 60 end,
  case when s.is_run then 60 end,
  case when s.is_run or s.athlete_id = %(first_athlete)s then 110 + s.id %% 40 end,
  coalesce(t.exercise_count, 0),
  coalesce(t.set_count, 0),
  coalesce(t.volume_kg, 0),
  t.set_rating,
  1,
  coalesce(l.laps_s, 0),
  l.lap_durations_s,
  l.lap_heart_rates_bpm,
  l.laps_effort,
  s.zone,
  case when s.is_run then 'Run' else (array['Push', 'Pull', 'Legs', 'Full body'])[1 + s.plan] end,
  case when s.id %% 7 = 0 then 'Slept well; the last sets were heavy.' else '' end,
  b.import_id,
  case when b.import_id is not null then 1 end,
  s.started_at + interval '2 hours',
  s.started_at + interval '2 hours'
from scale_sessions as s
left join scale_totals as t on t.session_id = s.id
left join lateral workouts.lap_sums(case when s.is_run then s.id end) as l on true
left join scale_brought as b on b.athlete_id = s.athlete_id
order by s.id
