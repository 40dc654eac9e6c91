-- Raises the version when a statement changes visible columns and does not set the version: an update in psql, or a foreign
-- key that sets null. Otherwise If-Match would accept a write over an older state, and an ETag would say that nothing
-- changed. The application's statements set the version themselves; for them the trigger only compares the versions. The
-- arguments name columns that raise no version: those that no reply shows, such as a password, and a session's athlete (its
-- import would count as edited). The triggers name no column except the version, so that columns can be dropped and
-- retyped.
create or replace function workouts.raise_version() returns trigger
language plpgsql
as $$
declare
  unseen constant text[] := tg_argv[0]::text[] || '{version,created_at,updated_at}';
begin
  if to_jsonb(new) - unseen <> to_jsonb(old) - unseen then
    new.version := old.version + 1;
    if new.updated_at = old.updated_at then
      new.updated_at := clock_timestamp();
    end if;
  end if;
  return new;
end
$$;

create or replace trigger users_version_rises
before update on workouts.users
for each row
when (new.version = old.version)
execute function workouts.raise_version('{password_hash}');

create or replace trigger athletes_version_rises
before update on workouts.athletes
for each row
when (new.version = old.version)
execute function workouts.raise_version('{}');

create or replace trigger teams_version_rises
before update on workouts.teams
for each row
when (new.version = old.version)
execute function workouts.raise_version('{}');

create or replace trigger exercises_version_rises
before update on workouts.exercises
for each row
when (new.version = old.version)
execute function workouts.raise_version('{athlete_id,former_names}');

create or replace trigger sessions_version_rises
before update on workouts.sessions
for each row
when (new.version = old.version)
execute function workouts.raise_version(
  '{athlete_id,import_version,last_exercise_no,set_rating,set_rating_version,'
  'laps_s,lap_durations_s,lap_heart_rates_bpm,laps_effort}'
);

-- Raises the version of the row that shows a row of another table: the session of a set, the team of a member. The
-- application's statements raise it themselves, once for all rows that they change. So the triggers below are for
-- statements in psql, which have no request id. Arguments: the table with the version, the column with its id, and the
-- columns that are shown, if not all are. A row that this transaction has written before was raised then, and nobody else
-- has seen it since.
create or replace function workouts.raise_version_above() returns trigger
language plpgsql
as $$
declare
  above bigint;
  shown constant text[] := tg_argv[2]::text[];
begin
  if session_user = 'workouts_migrator' then
    return null;  -- a migration raises the versions that it wants to, and may change parts and whole in one statement
  end if;
  if shown is not null and not exists (
    select
    from unnest(shown) as s (name)
    where to_jsonb(old) -> s.name is distinct from to_jsonb(new) -> s.name
  ) then
    return null;
  end if;
  for above in
    select (r.content ->> tg_argv[1])::bigint
    from (
      select to_jsonb(old) as content
      where tg_op <> 'INSERT'
      union
      select to_jsonb(new)
      where tg_op <> 'DELETE'
    ) as r
    group by 1
  loop
    execute format(
      'update workouts.%I as p set version = p.version + 1, updated_at = clock_timestamp()'
      ' where p.id = $1 and p.xmin <> pg_current_xact_id()::xid',
      tg_argv[0]
    ) using above;
  end loop;
  return null;
end
$$;

create or replace trigger sets_raise_sessions
after insert or delete on workouts.sets
for each row
when (coalesce(current_setting('app.request_id', true), '') = '')
execute function workouts.raise_version_above('sessions', 'session_id');

create or replace trigger sets_raise_sessions_on_update
after update on workouts.sets
for each row
when (coalesce(current_setting('app.request_id', true), '') = '' and old.* is distinct from new.*)
execute function workouts.raise_version_above('sessions', 'session_id');

create or replace trigger session_exercises_raise_sessions
after insert or delete on workouts.session_exercises
for each row
when (coalesce(current_setting('app.request_id', true), '') = '')
execute function workouts.raise_version_above('sessions', 'session_id');

create or replace trigger session_exercises_raise_sessions_on_update
after update on workouts.session_exercises
for each row
when (coalesce(current_setting('app.request_id', true), '') = '' and old.* is distinct from new.*)
execute function workouts.raise_version_above('sessions', 'session_id');

create or replace trigger laps_raise_sessions
after insert or delete on workouts.laps
for each row
when (coalesce(current_setting('app.request_id', true), '') = '')
execute function workouts.raise_version_above('sessions', 'session_id');

create or replace trigger laps_raise_sessions_on_update
after update on workouts.laps
for each row
when (coalesce(current_setting('app.request_id', true), '') = '' and old.* is distinct from new.*)
execute function workouts.raise_version_above('sessions', 'session_id');

create or replace trigger exercise_muscles_raise_exercises
after insert or delete on workouts.exercise_muscles
for each row
when (coalesce(current_setting('app.request_id', true), '') = '')
execute function workouts.raise_version_above('exercises', 'exercise_id');

create or replace trigger exercise_muscles_raise_exercises_on_update
after update on workouts.exercise_muscles
for each row
when (coalesce(current_setting('app.request_id', true), '') = '' and old.* is distinct from new.*)
execute function workouts.raise_version_above('exercises', 'exercise_id');

create or replace trigger exercise_muscle_shares_raise_exercises
after insert or delete on workouts.exercise_muscle_shares
for each row
when (coalesce(current_setting('app.request_id', true), '') = '')
execute function workouts.raise_version_above('exercises', 'exercise_id');

create or replace trigger exercise_muscle_shares_raise_exercises_on_update
after update on workouts.exercise_muscle_shares
for each row
when (coalesce(current_setting('app.request_id', true), '') = '' and old.* is distinct from new.*)
execute function workouts.raise_version_above('exercises', 'exercise_id');

create or replace trigger exercise_aliases_raise_exercises
after insert or delete on workouts.exercise_aliases
for each row
when (coalesce(current_setting('app.request_id', true), '') = '')
execute function workouts.raise_version_above('exercises', 'exercise_id');

create or replace trigger exercise_aliases_raise_exercises_on_update
after update on workouts.exercise_aliases
for each row
when (coalesce(current_setting('app.request_id', true), '') = '' and old.* is distinct from new.*)
execute function workouts.raise_version_above('exercises', 'exercise_id');

create or replace trigger team_members_raise_teams
after insert or delete on workouts.team_members
for each row
when (coalesce(current_setting('app.request_id', true), '') = '')
execute function workouts.raise_version_above('teams', 'team_id');

create or replace trigger team_members_raise_teams_on_update
after update on workouts.team_members
for each row
when (coalesce(current_setting('app.request_id', true), '') = '' and old.* is distinct from new.*)
execute function workouts.raise_version_above('teams', 'team_id');

create or replace trigger team_athletes_raise_teams
after insert or delete on workouts.team_athletes
for each row
when (coalesce(current_setting('app.request_id', true), '') = '')
execute function workouts.raise_version_above('teams', 'team_id');

create or replace trigger team_athletes_raise_teams_on_update
after update on workouts.team_athletes
for each row
when (coalesce(current_setting('app.request_id', true), '') = '' and old.* is distinct from new.*)
execute function workouts.raise_version_above('teams', 'team_id');

-- A user's reply shows the zone and the id of the user's athlete, which other statements change as well: the athlete's own,
-- and claims.
create or replace trigger athletes_raise_users
after update on workouts.athletes
for each row
when (old.* is distinct from new.*)
execute function workouts.raise_version_above('users', 'user_id', '{user_id,zone}');

-- The version and time of a resource after a merge patch: an empty one changes nothing.
create or replace function workouts.version_after(version integer, patch json) returns integer
language sql stable parallel safe
return version + (patch::jsonb <> '{}')::integer;

create or replace function workouts.updated_after(updated_at timestamptz, patch json) returns timestamptz
language sql stable parallel safe
return case when patch::jsonb = '{}' then updated_at else now() end;
