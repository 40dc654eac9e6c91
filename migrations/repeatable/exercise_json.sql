-- An exercise's fields: as columns of lists, and as JSON of one exercise. session_json.sql explains how such
-- functions are made, and why.

-- The columns of lists.
drop function if exists workouts.exercise_columns(workouts.exercises);
create function workouts.exercise_columns(exercise workouts.exercises) returns table (
  id bigint,
  name text,
  equipment text,
  category text,
  mechanic text,
  tracking text,
  bodyweight_factor float8,
  is_per_hand boolean,
  is_one_sided boolean,
  is_own boolean,
  is_archived boolean,
  merged_into bigint,
  version integer,
  created_at timestamptz,
  updated_at timestamptz
)
language sql stable parallel safe rows 1
as $$
  select
    exercise.id,
    exercise.name,
    exercise.equipment,
    exercise.category,
    exercise.mechanic,
    exercise.tracking,
    exercise.bodyweight_factor,
    exercise.is_per_hand,
    exercise.is_one_sided,
    exercise.athlete_id is not null,
    exercise.is_archived,
    exercise.merged_into,
    exercise.version,
    exercise.created_at,
    exercise.updated_at
$$;

create or replace function workouts.exercise_json(
  exercise workouts.exercises, muscles json, muscle_shares json, aliases text[]
)
returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'id', exercise.id, 'name', exercise.name, 'equipment', exercise.equipment, 'category', exercise.category,
    'mechanic', exercise.mechanic, 'tracking', exercise.tracking, 'bodyweight_factor', exercise.bodyweight_factor,
    'is_per_hand', exercise.is_per_hand, 'is_one_sided', exercise.is_one_sided,
    'is_own', exercise.athlete_id is not null, 'is_archived', exercise.is_archived,
    'merged_into', exercise.merged_into, 'version', exercise.version,
    'created_at', workouts.rfc3339(exercise.created_at), 'updated_at', workouts.rfc3339(exercise.updated_at),
    'muscles', coalesce(muscles, '[]'), 'muscle_shares', coalesce(muscle_shares, '[]'),
    'aliases', coalesce(aliases, '{}')
  )
$$;

-- What the release before calls: its document lacks the codes. The next release drops it.
create or replace function workouts.exercise_json(exercise workouts.exercises, muscles json, aliases text[])
returns json
language sql stable parallel safe
as $$
  select workouts.exercise_json(exercise, muscles, null::json, aliases)
$$;

create or replace function workouts.muscle_share_json(code text, muscle_group text, share float8) returns json
language sql stable parallel safe
as $$
  select json_build_object('code', code, 'group', muscle_group, 'share', share)
$$;

-- What is recorded of a set if a client doesn't say: by the exercise's category.
create or replace function workouts.usual_tracking(category text) returns text
language sql immutable parallel safe
return case category
  when 'cardio' then 'distance_time'
  when 'mobility' then 'time'
  when 'bodyweight' then 'bodyweight_reps'
  else 'weight_reps'
end;

create or replace function workouts.muscle_json(muscle text, share float8) returns json
language sql stable parallel safe
as $$
  select json_build_object('muscle', muscle, 'share', share)
$$;
