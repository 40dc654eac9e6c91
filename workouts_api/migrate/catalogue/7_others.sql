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
  union all
  select 'pg_user_mapping'::regclass, u.umid, null from pg_user_mappings as u
  union all
  select 'pg_subscription'::regclass, s.oid, null
  from pg_subscription as s
  where s.subdbid = (select d.oid from pg_database as d where d.datname = current_database())
  union all
  select 'pg_cast'::regclass, c.oid, null from pg_cast as c where c.oid >= 16384  -- the server's own are below
  union all
  select 'pg_language'::regclass, l.oid, null from pg_language as l where l.oid >= 16384
),

-- What is more to say of some: switched off, or where a server is. How one signs in there is nobody's business.
notes as (
  select 'pg_event_trigger'::regclass as class, e.oid, 'enabled: ' || e.evtenabled::text as note
  from pg_event_trigger as e
  where e.evtenabled <> 'O'
  union all
  select 'pg_foreign_server'::regclass, f.oid, array_to_string(f.srvoptions, ', ') from pg_foreign_server as f
  union all
  select 'pg_subscription'::regclass, s.oid, 'to ' || array_to_string(s.subpublications, ', ')
    || case when s.subenabled then '' else ', switched off' end
  from pg_subscription as s
)

select
  'others' as object,
  '-- ' || pg_describe_object(o.class, o.oid, 0) || coalesce(': ' || t.note, '') as line
from others as o
left join pg_namespace as n on n.oid = o.schema
left join notes as t on t.class = o.class and t.oid = o.oid
where coalesce(n.nspname !~ '^pg_' and n.nspname <> 'information_schema', true)
  and not exists (
    select from pg_depend as d where d.classid = o.class and d.objid = o.oid and d.deptype = 'e'
  )
order by pg_describe_object(o.class, o.oid, 0) collate "C"
