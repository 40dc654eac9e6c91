-- Attributes, memberships and settings of the project's roles.
with ours as (
  select r.*
  from pg_roles as r
  where r.rolname in ('workouts_owner', 'workouts_migrator', 'workouts_app', 'workouts_dba')
),

lines as (
  select
    o.rolname,
    format(
      'alter role %I%s%s%s%s%s%s%s%s;',
      o.rolname,
      case when o.rolcanlogin then ' login' else ' nologin' end,
      case when o.rolsuper then ' superuser' end,
      case when o.rolcreatedb then ' createdb' end,
      case when o.rolcreaterole then ' createrole' end,
      case when o.rolreplication then ' replication' end,
      case when o.rolbypassrls then ' bypassrls' end,
      ' connection limit ' || nullif(o.rolconnlimit, -1),
      ' valid until ' || quote_literal(nullif(o.rolvaliduntil, 'infinity') at time zone 'UTC')
    ) as line
  from ours as o
  union all
  select o.rolname, format('grant %I to %I;', m.roleid::regrole, o.rolname)
  from ours as o
  join pg_auth_members as m on m.member = o.oid
  union all
  select
    o.rolname,
    format('alter role %I%s set %s;', o.rolname, case when s.setdatabase <> 0 then ' in this database' end, c.setting)
  from ours as o
  join pg_db_role_setting as s on s.setrole = o.oid
  cross join lateral unnest(s.setconfig) as c (setting)
  where s.setdatabase in (0, (select d.oid from pg_database as d where d.datname = current_database()))
)

select 'role ' || l.rolname as object, string_agg(l.line, E'\n' order by l.line collate "C") as text
from lines as l
group by l.rolname
order by l.rolname
