-- Views and materialised views with their indexes, comments and grants.
with own_views as (
  select c.oid, c.relkind, c.relacl, c.relowner, c.reloptions, c.oid::regclass::text as name
  from pg_class as c
  join pg_namespace as n on n.oid = c.relnamespace
  where c.relkind in ('v', 'm')
    and n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
    and not exists (
      select from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
),

lines as (
  select
    v.name,
    1 as part,
    '' as place,
    format(
      E'create %sview %s%s as\n%s',
      case v.relkind when 'm' then 'materialized ' end,
      v.name,
      ' with (' || array_to_string(v.reloptions, ', ') || ')',
      pg_get_viewdef(v.oid, true)
    ) as line
  from own_views as v
  union all
  select
    v.name,
    2,
    '',
    format(
      'comment on %sview %s is %L;',
      case v.relkind when 'm' then 'materialized ' end,
      v.name,
      obj_description(v.oid, 'pg_class')
    )
  from own_views as v
  where obj_description(v.oid, 'pg_class') is not null
  union all
  select v.name, 3, x.indexrelid::regclass::text, pg_get_indexdef(x.indexrelid, 0, true) || ';'
  from own_views as v
  join pg_index as x on x.indrelid = v.oid
  union all
  select v.name, 4, t.tgname, pg_get_triggerdef(t.oid, true) || ';'
  from own_views as v
  join pg_trigger as t on t.tgrelid = v.oid
  where not t.tgisinternal
  union all
  select
    v.name,
    5,
    g.grantee::regrole::text,
    format(
      'grant %s on %s to %s;',
      string_agg(lower(g.privilege_type), ', ' order by g.privilege_type),
      v.name,
      case when g.grantee = 0 then 'public' else g.grantee::regrole::text end
    )
  from own_views as v
  cross join lateral aclexplode(v.relacl) as g
  where g.grantee <> v.relowner
    and g.privilege_type <> 'MAINTAIN'
  group by v.name, g.grantee
)

select 'view ' || l.name as object, l.line
from lines as l
order by l.name collate "C", l.part, l.place collate "C"
