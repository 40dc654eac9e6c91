-- An athlete's sessions with an exercise are one range of an index: without the athlete in it, each session was looked into.
-- migrate:up transaction:false
create index concurrently if not exists session_exercises_found_by_exercise_idx on session_exercises (
  exercise_id, athlete_id, session_id
);
comment on index session_exercises_found_by_exercise_idx is 'foreign key; queries/sessions/find_sessions.sql, find_athlete_sessions.sql with exercise_id';
drop index concurrently if exists session_exercises_exercise_id_idx;

-- migrate:down transaction:false
create index concurrently if not exists session_exercises_exercise_id_idx on session_exercises (
  exercise_id, session_id
);
comment on index session_exercises_exercise_id_idx is 'foreign key; queries/sessions/list_sessions.sql with exercise_id';
drop index concurrently if exists session_exercises_found_by_exercise_idx;
