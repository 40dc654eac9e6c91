-- Those who hardly train, but are coached: %(crowd)s athletes, numbered n = 1, 2, … The odd ones have accounts. The first
-- of them is the coach (coach@example.com), who keeps up to 500 of the even ones; twenty others keep the rest.
with crowd as (
  select
    c.n,
    case when c.n %% 2 = 1 then %(first_crowd_user)s + c.n / 2 end as user_id,
    (array[
      'Ada', 'Amara', 'Anneke', 'Bruno', 'Chen', 'Dagmar', 'Edsger', 'Fatima', 'Grace', 'Hiro', 'Ines', 'Jonas', 'Kofi',
      'Lena', 'Mateo', 'Nadia', 'Olga', 'Pavel', 'Quentin', 'Rosa', 'Søren', 'Tomás', 'Uma', 'Viktor', 'Wanda', 'Ximena',
      'Yusuf', 'Zoë'
    ])[1 + c.n %% 28] || ' ' || (array[
      'Almeida', 'Berg', 'Carter', 'Dijkstra', 'Eriksen', 'Fischer', 'García', 'Hopper', 'Ivanova', 'Jensen', 'Kowalski',
      'Lovelace', 'Meyer', 'Nakamura', 'Okafor', 'Petrov', 'Quist', 'Rossi', 'Silva', 'Tanaka', 'Ueda', 'Vogel', 'Weber',
      'Young', 'Zimmer'
    ])[1 + c.n / 28 %% 25] || ' ' || c.n as name
  from generate_series(1, %(crowd)s::bigint) as c (n)
),

made_users as (
  insert into workouts.users (id, email, username, full_name, created_at, updated_at)
  overriding system value
  select
    c.user_id,
    u.username || '@example.com',
    u.username,
    c.name,
    %(until)s::date - 1 - (c.n %% 2000)::integer,
    %(until)s::date - 1 - (c.n %% 2000)::integer
  from crowd as c
  cross join lateral (
    select case when c.user_id = %(coach)s and %(first_user)s = 1 then 'coach' else format('member-%%s', c.user_id) end
  ) as u (username)
  where c.user_id is not null
)

insert into workouts.athletes (id, user_id, kept_by, name, born_on, sex, zone, created_at, updated_at)
overriding system value
select
  %(first_crowd_athlete)s + c.n - 1,
  c.user_id,
  case
    when c.user_id is not null then null
    when c.n <= 1000 then %(coach)s
    else %(coach)s + 1 + c.n / 2 %% 20
  end,
  c.name,
  case when c.n %% 9 <> 0 then %(until)s::date - (365 * (12 + c.n %% 50) + c.n %% 365)::integer end,
  (array['female', 'male', 'other'])[1 + c.n %% 3],
  'Europe/Berlin',
  %(until)s::date - 1 - (c.n %% 2000)::integer,
  %(until)s::date - 1 - (c.n %% 2000)::integer
from crowd as c
