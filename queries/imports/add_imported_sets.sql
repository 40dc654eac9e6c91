-- Gives the exercises that an import added their sets.
-- @param import_id bigint = 1
-- @returns rows_affected
-- @timeout 30min
-- @budget plan: no_seqscan(import_sets, imported_sessions)
insert into sets (
  session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position,
  reps, duration_s, kind, weight_kg, distance_m, rpe
)
select
  a.session_id, a.athlete_id, s.exercise_id, s.local_on, s.exercise_no, s.set_no, s.set_no as position,
  s.reps, s.duration_s, s.kind, s.weight_kg, s.distance_m, s.rpe
from imported_sessions as a
cross join lateral (
  select
    e.exercise_id, w.local_on, t.exercise_no, t.set_no, t.reps, t.duration_s, t.kind, t.weight_kg, t.distance_m, t.rpe
  from sessions as w
  join session_exercises as e on e.session_id = w.id
  join import_sets as t on t.exercise_no = e.exercise_no
  where w.id = a.session_id
    and e.session_id = a.session_id
    and t.import_id = :import_id
    and t.source_key = a.source_key
  offset 0
) as s
where a.import_id = :import_id
