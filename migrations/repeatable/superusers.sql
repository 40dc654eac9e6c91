-- An API without a superuser could be administered by nobody: through it, the last active one is neither deactivated,
-- nor deleted, nor made an ordinary user. Whoever works in psql may; there no request is under way.
create or replace function workouts.keep_a_superuser() returns trigger
language plpgsql
as $$
begin
  if coalesce(current_setting('app.request_id', true), '') = '' then
    return null;
  end if;
  -- Of two that leave at the same moment, the second sees that the first is gone: each query here has a new snapshot.
  perform pg_advisory_xact_lock(hashtext('workouts.keep_a_superuser'));
  -- And whoever was made an ordinary user while they waited makes nobody else one. Oneself one may always.
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
