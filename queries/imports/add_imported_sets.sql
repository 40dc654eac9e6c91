-- Adds the sets of the sessions that an import added or completed.
-- Set-returning functions in one select list advance together: each row is one set, null where an array has ended.
-- @param import_id bigint = 1
-- @returns rows_affected
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_exercises, import_sessions)
insert into sets (
  session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position,
  reps, duration_s, kind, weight_kg, distance_m, rpe, drop_of
)
select
  t.session_id,
  t.athlete_id,
  t.exercise_id,
  t.local_on,
  t.exercise_no,
  t.set_no,
  t.position,
  t.reps,
  t.duration_s,
  t.kind,
  t.weight_kg,
  t.distance_m,
  t.rpe,
  case when t.kind = 'd' then parent_of_drop(t.kinds, t.set_no) end as drop_of
from (
  select
    e.session_id,
    e.athlete_id,
    e.exercise_id,
    e.local_on,
    e.exercise_no,
    generate_subscripts(s.kinds, 1) as set_no,
    generate_subscripts(s.kinds, 1) as position,
    unnest(s.reps) as reps,
    unnest(s.durations_s) as duration_s,
    unnest(s.kinds) as kind,
    unnest(s.weights_kg) as weight_kg,
    unnest(s.distances_m) as distance_m,
    unnest(s.rpes) as rpe,
    s.kinds
  from import_sessions as a
  cross join lateral (
    select x.session_id, x.athlete_id, x.exercise_id, x.local_on, x.exercise_no
    from session_exercises as x
    where x.session_id = a.session_id
    offset 0
  ) as e
  cross join lateral (
    select t.kinds, t.reps, t.durations_s, t.weights_kg, t.distances_m, t.rpes
    from import_exercises as t
    where t.import_id = :import_id
      and t.source_key = a.source_key
      and t.exercise_no = e.exercise_no
    offset 0
  ) as s
  where a.import_id = :import_id
    and a.fate in ('new', 'completed')
) as t
