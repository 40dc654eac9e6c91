-- Gives the exercises that an import added their sets.
-- @param import_id  bigint = 1
-- @returns rows_affected
-- @timeout 60s
-- @budget plan: no_seqscan(import_sets, imported_sessions, session_exercises, sessions)
insert into sets (
  session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position,
  reps, duration_s, kind, weight_kg, distance_m, rpe
)
select
  w.id, w.athlete_id, e.exercise_id, w.local_on, s.exercise_no, s.set_no, s.set_no,
  s.reps, s.duration_s, s.kind, s.weight_kg, s.distance_m, s.rpe
from imported_sessions as a
join sessions as w on w.id = a.session_id
join import_sets as s on s.import_id = a.import_id and s.source_key = a.source_key
join session_exercises as e on e.session_id = a.session_id and e.exercise_no = s.exercise_no
where a.import_id = :import_id
  and s.import_id = :import_id
order by w.id, s.exercise_no, s.set_no
