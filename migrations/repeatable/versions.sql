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
execute function workouts.raise_version('{athlete_id}');

create or replace trigger sessions_version_rises
before update on workouts.sessions
for each row
when (new.version = old.version)
execute function workouts.raise_version('{athlete_id,import_version}');
