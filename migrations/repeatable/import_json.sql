-- An import's fields: as columns of a read, and as JSON in the reply to a write. session_json.sql explains how such
-- functions are made, and why.

-- The columns of lists and of GET.
drop function if exists workouts.import_columns(workouts.imports);
create function workouts.import_columns(import workouts.imports) returns table (
  id bigint,
  state text,
  source text,
  file_name text,
  zone text,
  sessions_added integer,
  sessions_completed integer,
  sets_added integer,
  exercises_added integer,
  duplicates integer,
  created_at timestamptz,
  finished_at timestamptz
)
language sql stable parallel safe rows 1
as $$
  select
    import.id,
    import.state,
    import.source,
    import.file_name,
    import.zone,
    import.sessions_added,
    import.sessions_completed,
    import.sets_added,
    import.exercises_added,
    import.duplicates,
    import.created_at,
    import.finished_at
$$;

create or replace function workouts.import_json(import workouts.imports) returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'id', import.id, 'state', import.state, 'source', import.source, 'file_name', import.file_name,
    'zone', import.zone, 'sessions_added', import.sessions_added, 'sessions_completed', import.sessions_completed,
    'sets_added', import.sets_added,
    'exercises_added', import.exercises_added, 'duplicates', import.duplicates,
    'created_at', workouts.rfc3339(import.created_at), 'finished_at', workouts.rfc3339(import.finished_at),
    'rejected', import.rejected, 'notices', import.notices, 'exercises', import.exercises
  )
$$;
