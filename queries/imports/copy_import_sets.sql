-- Copies the sets of a file into staging, one row per set, which also describes its workout and exercise.
-- @returns copy
-- @timeout 30min
-- @writes
copy import_sets (
  import_id, source_key, title, notes, started_at, ended_at,
  line_no, exercise_no, exercise_name, exercise_notes, superset,
  set_no, kind, reps, weight_kg, distance_m, duration_s, rpe, is_turned
) from stdin
