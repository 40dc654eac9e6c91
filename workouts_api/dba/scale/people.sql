-- Users and their athletes, from scale_athletes (no, sets) by number. Nobody has a password: who measures mints tokens.
with made_users as (
  insert into workouts.users (id, email, username, full_name, created_at, updated_at)
  overriding system value
  select
    %(first_user)s + p.no - 1,
    case when %(first_user)s + p.no = 2 then 'bench@example.com' else format('athlete-%%s@example.com', %(first_user)s + p.no - 1) end,
    case when %(first_user)s + p.no = 2 then 'bench' else format('athlete-%%s', %(first_user)s + p.no - 1) end,
    format('Athlete %%s', p.no),
    %(until)s::date - 3650,
    %(until)s::date - 3650
  from scale_athletes as p
  where p.no <= %(athletes)s
)

insert into workouts.athletes (id, user_id, name, born_on, sex, zone, week_start, created_at, updated_at)
overriding system value
select
  %(first_athlete)s + p.no - 1,
  %(first_user)s + p.no - 1,
  format('Athlete %%s', p.no),
  %(until)s::date - 365 * (18 + (p.no %% 45)::integer),
  (array['female', 'male', 'other'])[1 + p.no %% 2],
  (array['Europe/Berlin', 'UTC', 'America/New_York', 'Asia/Tokyo', 'Australia/Sydney'])[1 + (p.no - 1) %% 5],
  1 + 6 * (p.no %% 4 / 3),
  %(until)s::date - 3650,
  %(until)s::date - 3650
from scale_athletes as p
where p.no <= %(athletes)s
