-- Adds the sets of the sessions that an import added or completed.
-- @param import_id bigint = 1
-- @returns rows_affected
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_sets, import_sessions)
insert into sets (
  session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position,
  reps, duration_s, kind, weight_kg, distance_m, rpe
)
select
  e.session_id, e.athlete_id, e.exercise_id, e.local_on, e.exercise_no, s.set_no, s.set_no as position,
  s.reps, s.duration_s, s.kind, s.weight_kg, s.distance_m, s.rpe
from import_sessions as a
cross join lateral (
  select x.session_id, x.athlete_id, x.exercise_id, x.local_on, x.exercise_no
  from session_exercises as x
  where x.session_id = a.session_id
  offset 0
) as e
cross join lateral (
  select t.set_no, t.reps, t.duration_s, t.kind, t.weight_kg, t.distance_m, t.rpe
  from import_sets as t
  where t.import_id = :import_id
    and t.source_key = a.source_key
    and t.exercise_no = e.exercise_no
  offset 0
) as s
where a.import_id = :import_id
  and a.fate in ('new', 'completed')
