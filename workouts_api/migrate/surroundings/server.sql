-- What is said outside of this database and holds in it: settings of every role, parameters that may be set, and what a
-- membership of our roles in each other allows.
with lines as (
  select format('alter role all set %s;', c.setting) as line
  from pg_db_role_setting as s
  cross join lateral unnest(s.setconfig) as c (setting)
  where s.setdatabase = 0
    and s.setrole = 0
  union all
  select
    format(
      'grant %s on parameter %s to %s%s;',
      lower(g.privilege_type),
      p.parname,
      case when g.grantee = 0 then 'public' else g.grantee::regrole::text end,
      case when g.is_grantable then ' with grant option' end
    )
  from pg_parameter_acl as p
  cross join lateral aclexplode(p.paracl) as g
  left join pg_roles as r on r.oid = g.grantee
  where g.grantee = 0
    or r.rolname in ('workouts_owner', 'workouts_migrator', 'workouts_app', 'workouts_dba')
  union all
  -- inherit_option and set_option are columns since 16.
  select format('grant %s to %s with %s;', m.roleid::regrole, m.member::regrole, o.options)
  from pg_auth_members as m
  join pg_roles as b on b.oid = m.member
  cross join lateral (
    select concat_ws(
      ', ',
      case when m.admin_option then 'admin true' end,
      'inherit ' || (to_jsonb(m) ->> 'inherit_option'),
      'set ' || (to_jsonb(m) ->> 'set_option')
    ) as options
  ) as o
  where b.rolname in ('workouts_owner', 'workouts_migrator', 'workouts_app', 'workouts_dba')
    and o.options <> ''
)

select 'server' as object, coalesce(string_agg(l.line, E'\n' order by l.line collate "C"), '') as text
from lines as l
