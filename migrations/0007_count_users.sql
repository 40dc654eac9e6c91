-- How many users there are, kept by day: to count a million rows takes 52 to 110 ms, to add up ten years of days 2.
-- migrate:up
create table user_days (
  created_on date not null,
  slot       smallint not null,
  users      integer not null,
  active     integer not null,
  superusers integer not null,
  constraint user_days_pkey primary key (created_on, slot)
) with (fillfactor = 50);
comment on table user_days is 'Users by the day in UTC on which they were made: the sum over slots. queries/administration/get_stats.sql';
comment on column user_days.slot is 'Writers spread over four rows, so that seldom one waits for another. A single one may be negative.';
revoke insert, update, delete on user_days from workouts_app;

create function add_to_user_days(day date, more_users bigint, more_active bigint, more_superusers bigint) returns void
language sql volatile
set search_path = workouts, pg_temp
as $$
  insert into user_days as d (created_on, slot, users, active, superusers)
  values (day, pg_backend_pid() % 4, more_users, more_active, more_superusers)
  on conflict (created_on, slot) do update
    set users = d.users + excluded.users,
        active = d.active + excluded.active,
        superusers = d.superusers + excluded.superusers
$$;

-- Runs as its owner: the application reads the counts and writes none.
create function count_users() returns trigger
language plpgsql security definer
set search_path = workouts, pg_temp
as $$
begin
  case tg_op
    when 'INSERT' then
      perform add_to_user_days(c.day, c.users, c.active, c.superusers)
      from (
        select (a.created_at at time zone 'UTC')::date as day,
               count(*) as users,
               count(*) filter (where a.is_active) as active,
               count(*) filter (where a.is_superuser) as superusers
        from rows_after as a
        group by 1
      ) as c;
    when 'DELETE' then
      perform add_to_user_days(c.day, -c.users, -c.active, -c.superusers)
      from (
        select (b.created_at at time zone 'UTC')::date as day,
               count(*) as users,
               count(*) filter (where b.is_active) as active,
               count(*) filter (where b.is_superuser) as superusers
        from rows_before as b
        group by 1
      ) as c;
    when 'UPDATE' then
      perform add_to_user_days(c.day, c.users, c.active, c.superusers)
      from (
        select (s.created_at at time zone 'UTC')::date as day,
               sum(s.side) as users,
               coalesce(sum(s.side) filter (where s.is_active), 0) as active,
               coalesce(sum(s.side) filter (where s.is_superuser), 0) as superusers
        from (
          select 1 as side, a.created_at, a.is_active, a.is_superuser from rows_after as a
          union all
          select -1, b.created_at, b.is_active, b.is_superuser from rows_before as b
        ) as s
        group by 1
      ) as c
      where (c.users, c.active, c.superusers) <> (0, 0, 0);
    else
      delete from user_days;
  end case;
  return null;
end
$$;

create trigger count_new_users after insert on users
  referencing new table as rows_after for each statement execute function count_users();
create trigger count_changed_users after update on users
  referencing old table as rows_before new table as rows_after for each statement execute function count_users();
create trigger count_deleted_users after delete on users
  referencing old table as rows_before for each statement execute function count_users();
create trigger count_no_users after truncate on users for each statement execute function count_users();

-- The triggers hold writers off until the commit: what is there now is counted once.
select add_to_user_days(
         (u.created_at at time zone 'UTC')::date,
         count(*),
         count(*) filter (where u.is_active),
         count(*) filter (where u.is_superuser)
       )
from users as u
group by (u.created_at at time zone 'UTC')::date;

-- migrate:down
drop trigger count_new_users on users;
drop trigger count_changed_users on users;
drop trigger count_deleted_users on users;
drop trigger count_no_users on users;
drop function count_users();
drop function add_to_user_days(date, bigint, bigint, bigint);
drop table user_days;
