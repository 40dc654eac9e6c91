-- Whatever else a migration may have made, by its description alone: enough to notice that it is there or gone.
with others as (
  select 'pg_operator'::regclass as class, o.oid, o.oprnamespace as schema from pg_operator as o
  union all
  select 'pg_opclass'::regclass, o.oid, o.opcnamespace from pg_opclass as o
  union all
  select 'pg_opfamily'::regclass, o.oid, o.opfnamespace from pg_opfamily as o
  union all
  select 'pg_collation'::regclass, c.oid, c.collnamespace from pg_collation as c
  union all
  select 'pg_conversion'::regclass, c.oid, c.connamespace from pg_conversion as c
  union all
  select 'pg_ts_config'::regclass, t.oid, t.cfgnamespace from pg_ts_config as t
  union all
  select 'pg_ts_dict'::regclass, t.oid, t.dictnamespace from pg_ts_dict as t
  union all
  select 'pg_publication'::regclass, p.oid, null from pg_publication as p
  union all
  select 'pg_event_trigger'::regclass, e.oid, null from pg_event_trigger as e
  union all
  select 'pg_foreign_server'::regclass, f.oid, null from pg_foreign_server as f
)

select 'others' as object, '-- ' || pg_describe_object(o.class, o.oid, 0) as line
from others as o
left join pg_namespace as n on n.oid = o.schema
where coalesce(n.nspname !~ '^pg_' and n.nspname <> 'information_schema', true)
  and not exists (
    select from pg_depend as d where d.classid = o.class and d.objid = o.oid and d.deptype = 'e'
  )
order by pg_describe_object(o.class, o.oid, 0) collate "C"
