-- Compares the counts of users by day with the users, and corrects them. Triggers keep these counts; when triggers are
-- switched off (a restore, session_replication_role), the counts become wrong. Returns the number of wrong days. One
-- snapshot reads users and counts, and the difference is added. So a user who is made meanwhile is counted.
create or replace function workouts.mend_user_days() returns bigint
language plpgsql volatile security definer
set search_path = workouts, pg_temp
as $$
declare
  mended bigint;
begin
  select count(*)
  into mended
  from (
    select
      coalesce(c.day, k.day) as day,
      coalesce(c.users, 0) - coalesce(k.users, 0) as users,
      coalesce(c.active, 0) - coalesce(k.active, 0) as active,
      coalesce(c.superusers, 0) - coalesce(k.superusers, 0) as superusers
    from (
      select
        (u.created_at at time zone 'UTC')::date as day,
        count(*) as users,
        count(*) filter (where u.is_active) as active,
        count(*) filter (where u.is_superuser) as superusers
      from users as u
      group by 1
    ) as c
    full join (
      select d.created_on as day, sum(d.users) as users, sum(d.active) as active, sum(d.superusers) as superusers
      from user_days as d
      group by 1
    ) as k on k.day = c.day
  ) as wrong
  cross join lateral add_to_user_days(
    wrong.day, wrong.users::bigint, wrong.active::bigint, wrong.superusers::bigint
  )
  where (wrong.users, wrong.active, wrong.superusers) <> (0, 0, 0);
  return mended;
end
$$;
revoke execute on function workouts.mend_user_days() from public;
grant execute on function workouts.mend_user_days() to workouts_app;
