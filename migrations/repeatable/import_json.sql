-- What an import looks like inside a reply. The body is a string, so that it does not stand in the way of migrations
-- that alter the table.
create or replace function workouts.import_json(import workouts.imports) returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'id', import.id, 'state', import.state, 'source', import.source, 'file_name', import.file_name,
    'zone', import.zone, 'sessions_added', import.sessions_added, 'sessions_completed', import.sessions_completed,
    'sets_added', import.sets_added,
    'exercises_added', import.exercises_added, 'duplicates', import.duplicates,
    'rejected', import.rejected, 'notices', import.notices, 'exercises', import.exercises,
    'created_at', workouts.rfc3339(import.created_at), 'finished_at', workouts.rfc3339(import.finished_at)
  )
$$;
