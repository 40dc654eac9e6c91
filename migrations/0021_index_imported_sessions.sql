-- Workouts that were brought in are found by start and title, whatever their ordinal.
-- migrate:up transaction:false
create index concurrently if not exists imported_sessions_workout_idx
  on imported_sessions (athlete_id, source, regexp_replace(source_key, '\|[0-9]+$', ''));
comment on index imported_sessions_workout_idx is 'queries/imports/stage_import_sessions.sql';

-- migrate:down
drop index if exists imported_sessions_workout_idx;
