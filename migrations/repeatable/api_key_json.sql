-- An API key's fields: as columns of a read, and as JSON in the reply to a write. session_json.sql explains how such
-- functions are made, and why.

-- The beginning of a key, which its owner can still see later.
create or replace function workouts.api_key_prefix(key workouts.api_keys) returns text
language sql immutable parallel safe
as $$
  select 'wk_' || key.user_id || '_' || key.id || '_' || key.secret_start
$$;

-- The columns of lists and of GET.
drop function if exists workouts.api_key_columns(workouts.api_keys);
create function workouts.api_key_columns(key workouts.api_keys) returns table (
  id bigint,
  name text,
  scopes text[],
  prefix text,
  expires_at timestamptz,
  last_used_on date,
  created_at timestamptz
)
language sql stable parallel safe rows 1
as $$
  select
    key.id,
    key.name,
    key.scopes,
    workouts.api_key_prefix(key),
    key.expires_at,
    key.last_used_on,
    key.created_at
$$;

create or replace function workouts.api_key_json(key workouts.api_keys) returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'id', key.id, 'name', key.name, 'scopes', key.scopes, 'prefix', workouts.api_key_prefix(key),
    'expires_at', workouts.rfc3339(key.expires_at), 'last_used_on', key.last_used_on,
    'created_at', workouts.rfc3339(key.created_at)
  )
$$;
