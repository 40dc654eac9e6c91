-- What an exercise looks like inside a reply; a string for a body, as in session_json.sql and for its reason.

create or replace function workouts.exercise_json(exercise workouts.exercises, muscles json, aliases text[])
returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'id', exercise.id, 'name', exercise.name, 'equipment', exercise.equipment, 'category', exercise.category,
    'mechanic', exercise.mechanic, 'is_own', exercise.athlete_id is not null, 'is_archived', exercise.is_archived,
    'merged_into', exercise.merged_into, 'version', exercise.version,
    'created_at', workouts.rfc3339(exercise.created_at), 'updated_at', workouts.rfc3339(exercise.updated_at),
    'muscles', coalesce(muscles, '[]'), 'aliases', coalesce(aliases, '{}')
  )
$$;

create or replace function workouts.muscle_json(muscle text, share float8) returns json
language sql stable parallel safe
as $$
  select json_build_object('muscle', muscle, 'share', share)
$$;
