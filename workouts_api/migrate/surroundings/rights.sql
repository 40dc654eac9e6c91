-- Rights that stand in no definition: those on sequences, those that may be passed on, and who may act as our roles.
with own_relations as (
  select c.oid, c.relkind, c.relowner, c.relacl, c.oid::regclass::text as name
  from pg_class as c
  join pg_namespace as n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
    and not exists (
      select from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
),

granted as (
  select
    r.name,
    case r.relkind when 'S' then 'sequence ' else '' end || r.name as place,
    r.relkind = 'S' as is_sequence,
    r.relowner as owner,
    g.grantee,
    g.privilege_type,
    g.is_grantable
  from own_relations as r
  cross join lateral aclexplode(r.relacl) as g
  union all
  select
    r.name,
    format('%s (%I)', r.name, a.attname),
    false,
    r.relowner,
    g.grantee,
    g.privilege_type,
    g.is_grantable
  from own_relations as r
  join pg_attribute as a on a.attrelid = r.oid and not a.attisdropped
  cross join lateral aclexplode(a.attacl) as g
  union all
  select n.nspname, 'schema ' || quote_ident(n.nspname), false, n.nspowner, g.grantee, g.privilege_type, g.is_grantable
  from pg_namespace as n
  cross join lateral aclexplode(n.nspacl) as g
  where n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
  union all
  select
    p.oid::regprocedure::text,
    'routine ' || p.oid::regprocedure,
    false,
    p.proowner,
    g.grantee,
    g.privilege_type,
    g.is_grantable
  from pg_proc as p
  join pg_namespace as n on n.oid = p.pronamespace
  cross join lateral aclexplode(p.proacl) as g
  where n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
    and not exists (
      select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
),

lines as (
  select
    g.place as name,
    format(
      'grant %s on %s to %s%s;',
      string_agg(lower(g.privilege_type), ', ' order by g.privilege_type),
      g.place,
      case when g.grantee = 0 then 'public' else g.grantee::regrole::text end,
      case when g.is_grantable then ' with grant option' end
    ) as line
  from granted as g
  where (g.is_sequence or g.is_grantable)
    and g.grantee <> g.owner
  group by g.place, g.grantee, g.is_grantable
  union all
  select 'role ' || m.roleid::regrole, format('grant %s to %s;', m.roleid::regrole, m.member::regrole)
  from pg_auth_members as m
  join pg_roles as r on r.oid = m.roleid
  join pg_roles as b on b.oid = m.member
  where r.rolname in ('workouts_owner', 'workouts_migrator', 'workouts_app', 'workouts_dba')
    -- Of these, roles.sql has the line; a superuser may do everything anyway.
    and b.rolname not in ('workouts_owner', 'workouts_migrator', 'workouts_app', 'workouts_dba')
    and not b.rolsuper
)

select
  'rights' as object,
  coalesce(string_agg(l.line, E'\n' order by l.name collate "C", l.line collate "C"), '') as text
from lines as l
