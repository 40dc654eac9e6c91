-- Sign-ins and keys: athlete 1 has forty devices, most of them signed out, and sixty keys; the others one to three devices,
-- and one in ten a key. One invitation in twenty of the coach's two hundred holds no more.
with signed_in as (
  insert into workouts.logins (user_id, refresh_hash, device, created_at, refreshed_at, expires_at, revoked_at, revoked_why)
  select
    u.id,
    sha256(convert_to(format('token %%s of %%s', k, u.id), 'UTF8')),
    (array['Firefox on Linux', 'Safari on iPhone', 'curl/8', ''])[1 + k %% 4],
    %(until)s::date - 40 + (k %% 40)::integer,
    %(until)s::date - 40 + (k %% 40)::integer,
    %(until)s::date + 3650,
    case when k > 3 then %(until)s::date - 1 end,
    case when k > 3 then 'logout' end
  from workouts.users as u
  cross join lateral generate_series(1, case when u.id = %(first_user)s then 40 else 1 + u.id %% 3 end) as k
  where u.id >= %(first_user)s
  order by u.id, k
),

invited as (
  insert into workouts.invitations (kind, team_id, invited_by, email, code_sha256, uses_left, expires_at)
  select
    'athlete',
    %(first_team)s,
    %(coach)s,
    case when n %% 10 = 0 then format('invited-%%s@example.com', n) end,
    sha256(convert_to(format('code %%s of %%s', n, %(coach)s), 'UTF8')),
    20,
    case when n %% 20 = 0 then %(until)s::date - 5 else %(until)s::date + 3650 end
  from generate_series(1, least(200, %(crowd)s)) as n
)

insert into workouts.api_keys (user_id, name, scopes, secret_start, secret_sha256, created_at)
select
  u.id,
  'key ' || k,
  '{sessions:read}',
  'Ab3d',
  sha256(convert_to(format('secret %%s of %%s', k, u.id), 'UTF8')),
  %(until)s::date - 100
from workouts.users as u
cross join lateral generate_series(1, case when u.id = %(first_user)s then 60 else 1 end) as k
where u.id >= %(first_user)s
  and (u.id = %(first_user)s or u.id %% 10 = 0)
order by u.id, k
