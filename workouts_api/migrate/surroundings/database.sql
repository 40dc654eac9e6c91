-- What holds in the whole database, whoever signs in: settings, the owner, privileges, limits.
with here as (
  select d.oid, d.datconnlimit, d.datistemplate, t.spcname, d.datdba::regrole::text as owner,
    coalesce(d.datacl, acldefault('d', d.datdba)) as acl
  from pg_database as d
  join pg_tablespace as t on t.oid = d.dattablespace
  where d.datname = current_database()
),

lines as (
  select format('alter database set %s;', c.setting) as line
  from here as h
  join pg_db_role_setting as s on s.setdatabase = h.oid and s.setrole = 0
  cross join lateral unnest(s.setconfig) as c (setting)
  union all
  select format('alter database owner to %s;', h.owner)
  from here as h
  union all
  select format('alter database %s;', o.setting)
  from here as h
  cross join lateral (
    values
      (h.datconnlimit <> -1, 'connection limit ' || h.datconnlimit),
      (h.datistemplate, 'is_template true'),
      (h.spcname <> 'pg_default', 'set tablespace ' || quote_ident(h.spcname))
  ) as o (is_special, setting)
  where o.is_special
  union all
  select
    format(
      'grant %s on database to %s;',
      string_agg(lower(g.privilege_type), ', ' order by g.privilege_type),
      case when g.grantee = 0 then 'public' else g.grantee::regrole::text end
    )
  from here as h
  cross join lateral aclexplode(h.acl) as g
  where g.grantee::regrole::text <> h.owner
  group by g.grantee
)

select 'database' as object, coalesce(string_agg(l.line, E'\n' order by l.line collate "C"), '') as text
from lines as l
