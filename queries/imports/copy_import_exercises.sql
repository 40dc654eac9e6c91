-- Copies the exercises of a file into staging, one row per exercise, with its sets in arrays and its workout.
-- @returns copy
-- @timeout 30min
-- @writes
copy import_exercises (
  import_id, source_key, title, notes, started_at, ended_at, order_is_guessed,
  exercise_no, exercise_name, exercise_notes, superset,
  kinds, reps, weights_kg, distances_m, durations_s, rpes, are_turned
) from stdin
