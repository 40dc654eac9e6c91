-- Schemas, extensions, and what is granted on schemas and by default, as lines of SQL in order.
with own_schemas as (
  select n.oid, n.nspname, n.nspacl, n.nspowner
  from pg_namespace as n
  where n.nspname !~ '^pg_'
    and n.nspname not in ('information_schema', 'public')
),

schema_grants as (
  select
    s.nspname,
    g.grantee,
    string_agg(lower(g.privilege_type), ', ' order by g.privilege_type) as privileges
  from own_schemas as s
  cross join lateral aclexplode(s.nspacl) as g
  where g.grantee <> s.nspowner
  group by s.nspname, g.grantee
),

default_grants as (
  select
    n.nspname,
    case d.defaclobjtype
      when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' else 'schemas'
    end as object_kind,
    g.grantee,
    string_agg(lower(g.privilege_type), ', ' order by g.privilege_type) as privileges
  from pg_default_acl as d
  left join pg_namespace as n on n.oid = d.defaclnamespace
  cross join lateral aclexplode(d.defaclacl) as g
  where g.grantee <> d.defaclrole
    and g.privilege_type <> 'MAINTAIN'  -- 17 and later have it, 15 and 16 don't
  group by n.nspname, d.defaclobjtype, g.grantee
),

lines as (
  select 1 as part, s.nspname::text as name, 'create schema ' || quote_ident(s.nspname) || ';' as line
  from own_schemas as s
  union all
  select
    2,
    e.extname::text,
    format('create extension %I with schema %I;', e.extname, n.nspname)
  from pg_extension as e
  join pg_namespace as n on n.oid = e.extnamespace
  where e.extname <> 'plpgsql'
  union all
  select
    3,
    g.nspname || ' ' || g.grantee::regrole::text,
    format(
      'grant %s on schema %I to %s;',
      g.privileges,
      g.nspname,
      case when g.grantee = 0 then 'public' else g.grantee::regrole::text end
    )
  from schema_grants as g
  union all
  select
    4,
    coalesce(g.nspname, '') || g.object_kind || g.grantee::regrole::text,
    format(
      'alter default privileges %sgrant %s on %s to %s;',
      'in schema ' || quote_ident(g.nspname) || ' ',
      g.privileges,
      g.object_kind,
      case when g.grantee = 0 then 'public' else g.grantee::regrole::text end
    )
  from default_grants as g
)

select 'schemas and extensions' as object, l.line
from lines as l
order by l.part, l.name collate "C"
