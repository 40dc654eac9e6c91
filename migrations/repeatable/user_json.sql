-- What a user looks like inside a reply; a string for a body, as in session_json.sql and for its reason.

create or replace function workouts.user_json(account workouts.users, athlete_id bigint, zone text) returns json
language sql stable
as $$
  select json_build_object(
    'id', account.id, 'athlete_id', athlete_id, 'email', account.email, 'username', account.username,
    'full_name', account.full_name, 'zone', zone, 'zone_is_known', workouts.knows_zone(zone),
    'email_is_verified', account.email_verified_at is not null, 'is_active', account.is_active, 'is_superuser', account.is_superuser, 'version', account.version,
    'created_at', workouts.rfc3339(account.created_at), 'updated_at', workouts.rfc3339(account.updated_at)
  )
$$;

-- A pattern for like that finds some words anywhere, whatever their capitals.
create or replace function workouts.pattern_of(words text) returns text
language sql immutable strict parallel safe
return '%' || regexp_replace(lower(words), '([\\%_])', '\\\1', 'g') || '%';
