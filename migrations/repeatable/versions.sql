-- Versions rise by themselves where a statement changes what a client sees and leaves the version as it is: somebody's
-- update in psql, and what foreign keys set to null. Else an If-Match would let through what was written over an older
-- state, and an ETag would say that nothing had changed. The application's statements set both columns, and keep theirs: for
-- them only the first comparison is made. What no reply shows (a password) raises nothing, nor does a session's move to
-- another athlete, whose import would then count as edited.
create or replace function workouts.raise_version() returns trigger
language plpgsql
as $$
begin
  new.version := old.version + 1;
  if new.updated_at = old.updated_at then
    new.updated_at := clock_timestamp();
  end if;
  return new;
end
$$;

create or replace trigger users_version_rises
before update on workouts.users
for each row
when (
  new.version = old.version
  and (new.email, new.username, new.full_name, new.is_active, new.is_superuser, new.email_verified_at)
    is distinct from (old.email, old.username, old.full_name, old.is_active, old.is_superuser, old.email_verified_at)
)
execute function workouts.raise_version();

create or replace trigger athletes_version_rises
before update on workouts.athletes
for each row
when (
  new.version = old.version
  and (
    new.user_id, new.name, new.born_on, new.sex, new.height_cm, new.zone, new.week_start, new.kept_by, new.notes
  ) is distinct from (
    old.user_id, old.name, old.born_on, old.sex, old.height_cm, old.zone, old.week_start, old.kept_by, old.notes
  )
)
execute function workouts.raise_version();

create or replace trigger teams_version_rises
before update on workouts.teams
for each row
when (
  new.version = old.version
  and (new.name, new.headquarters) is distinct from (old.name, old.headquarters)
)
execute function workouts.raise_version();

create or replace trigger exercises_version_rises
before update on workouts.exercises
for each row
when (
  new.version = old.version
  and (new.name, new.equipment, new.category, new.mechanic, new.merged_into, new.is_archived)
    is distinct from (old.name, old.equipment, old.category, old.mechanic, old.merged_into, old.is_archived)
)
execute function workouts.raise_version();

create or replace trigger sessions_version_rises
before update on workouts.sessions
for each row
when (
  new.version = old.version
  and (
    new.started_at, new.ended_at, new.local_on, new.rpe, new.status, new.exercise_count, new.set_count, new.volume_kg,
    new.import_id, new.zone, new.title, new.notes, new.client_key
  ) is distinct from (
    old.started_at, old.ended_at, old.local_on, old.rpe, old.status, old.exercise_count, old.set_count, old.volume_kg,
    old.import_id, old.zone, old.title, old.notes, old.client_key
  )
)
execute function workouts.raise_version();
