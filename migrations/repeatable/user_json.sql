-- A user's fields: as columns of lists, as JSON of one user, and as clients write them. session_json.sql
-- explains how such functions are made, and why.

-- The columns of lists: `select c.* from users as u left join athletes as a on a.user_id = u.id cross join
-- lateral user_columns(u, a) as c`.
drop function if exists workouts.user_columns(workouts.users, workouts.athletes);
create function workouts.user_columns(account workouts.users, athlete workouts.athletes) returns table (
  id bigint,
  athlete_id bigint,
  email text,
  username text,
  full_name text,
  zone text,
  zone_is_known boolean,
  email_is_verified boolean,
  is_active boolean,
  is_superuser boolean,
  version integer,
  created_at timestamptz,
  updated_at timestamptz
)
language sql stable rows 1
as $$
  select
    account.id,
    athlete.id,
    account.email,
    account.username,
    account.full_name,
    athlete.zone,
    workouts.knows_zone(athlete.zone),
    account.email_verified_at is not null,
    account.is_active,
    account.is_superuser,
    account.version,
    account.created_at,
    account.updated_at
$$;

create or replace function workouts.user_json(account workouts.users, athlete_id bigint, zone text) returns json
language sql stable
as $$
  select json_build_object(
    'id', account.id, 'athlete_id', athlete_id, 'email', account.email, 'username', account.username,
    'full_name', account.full_name, 'zone', zone, 'zone_is_known', workouts.knows_zone(zone),
    'email_is_verified', account.email_verified_at is not null, 'is_active', account.is_active,
    'is_superuser', account.is_superuser, 'version', account.version,
    'created_at', workouts.rfc3339(account.created_at), 'updated_at', workouts.rfc3339(account.updated_at)
  )
$$;

-- The fields of a user in a request, by an administrator or by the user. An absent field is null.
drop function if exists workouts.given_user(json);
create function workouts.given_user(account json) returns table (
  email text,
  username text,
  full_name text,
  zone text,
  is_active boolean,
  is_superuser boolean,
  password_hash text
)
language sql stable parallel safe rows 1
as $$
  select g.*
  from json_to_record(account) as g (
    email text,
    username text,
    full_name text,
    zone text,
    is_active boolean,
    is_superuser boolean,
    password_hash text
  )
$$;

-- A pattern for `like` that finds some words anywhere, in any case.
create or replace function workouts.pattern_of(words text) returns text
language sql immutable strict parallel safe
return '%' || regexp_replace(lower(words), '([\\%_])', '\\\1', 'g') || '%';
