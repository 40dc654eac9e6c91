-- The record of changes of the last thousand days: nearly all are changes of accounts, and hardly anything was ever deleted.
insert into workouts.audit_events (at, actor_id, role, action, table_name, row_key, person_id, changes)
select
  %(until)s::date::timestamptz - (%(events)s - n) * (interval '1000 days' / %(events)s),
  u.id,
  'workouts_app',
  k.action,
  k.table_name,
  u.id::text,
  case when k.table_name = 'users' then u.id end,
  '{"full_name": {"old": "A", "new": "B"}}'
from generate_series(1, %(events)s) as n
cross join lateral (select %(first_user)s + n * 7919 %% %(users)s as id) as u
cross join lateral (
  select
    case when n %% 10007 = 5 then 'delete' when n %% 50 = 0 then 'insert' else 'update' end as action,
    case when n %% 10007 = 5 then 'teams' when n %% 5 = 0 then 'team_athletes' else 'users' end as table_name
) as k
