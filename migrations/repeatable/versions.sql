-- Versions rise by themselves where a statement changes what a client sees and leaves the version as it is: somebody's
-- update in psql, and what foreign keys set to null. Else an If-Match would let through what was written over an older
-- state, and an ETag would say that nothing had changed. The application's statements set both columns, and keep theirs: for
-- them only the versions are compared. What no reply shows raises nothing (the arguments): a password, and a session's move to
-- another athlete, whose import would then count as edited. The triggers name no column but the version, so that columns may
-- be dropped and retyped.
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
execute function workouts.raise_version('{athlete_id}');

create or replace trigger sessions_version_rises
before update on workouts.sessions
for each row
when (new.version = old.version)
execute function workouts.raise_version('{athlete_id,import_version}');
