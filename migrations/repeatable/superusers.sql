-- Without a superuser nobody could administer the API. So no request can deactivate or delete the last active superuser,
-- or take this right from them. A statement in psql can, because it is not part of a request.
create or replace function workouts.keep_a_superuser() returns trigger
language plpgsql
as $$
begin
  if coalesce(current_setting('app.request_id', true), '') = '' then
    return null;
  end if;
  -- If two are removed at the same moment, the second request sees that the first is gone: each query has a new snapshot.
  perform pg_advisory_xact_lock(hashtext('workouts.keep_a_superuser'));
  -- A caller who lost the right while waiting cannot take it from others. Giving up one's own right is always allowed.
  if workouts.acting_user_id() <> old.id and not exists (
    select
    from workouts.users as u
    where u.id = workouts.acting_user_id()
      and u.is_superuser
      and u.is_active
  ) then
    perform workouts.forbid('Only superusers may do this.');
  end if;
  if not exists (
    select
    from workouts.users as u
    where u.is_superuser
      and u.is_active
  ) then
    perform workouts.clash('is_superuser', 'This is the last superuser: make another one first.');
  end if;
  return null;
end
$$;

drop trigger if exists keep_a_superuser_when_changed on workouts.users;
create trigger keep_a_superuser_when_changed after update on workouts.users
  for each row
  when (old.is_superuser and old.is_active and not (new.is_superuser and new.is_active))
  execute function workouts.keep_a_superuser();
drop trigger if exists keep_a_superuser_when_deleted on workouts.users;
create trigger keep_a_superuser_when_deleted after delete on workouts.users
  for each row
  when (old.is_superuser and old.is_active)
  execute function workouts.keep_a_superuser();
