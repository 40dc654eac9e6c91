-- What stands in no definition: owners, replica identities, options of columns and of TOAST tables, the index of
-- `cluster`, tablespaces, and how sequences count. Each has a line only if it is not what every object has by default.
with own_relations as (
  select c.oid, c.relkind, c.relowner, c.relreplident, n.nspowner, c.oid::regclass::text as name
  from pg_class as c
  join pg_namespace as n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    and n.nspname !~ '^pg_'
    and n.nspname not in ('information_schema', 'public')
    and not exists (
      select from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
),

lines as (
  select r.name, format('-- %s is owned by %s', r.name, r.relowner::regrole) as line
  from own_relations as r
  where r.relowner <> r.nspowner
  union all
  select
    p.oid::regprocedure::text,
    format('-- %s is owned by %s', p.oid::regprocedure, p.proowner::regrole)
  from pg_proc as p
  join pg_namespace as n on n.oid = p.pronamespace
  where n.nspname !~ '^pg_'
    and n.nspname not in ('information_schema', 'public')
    and p.proowner <> n.nspowner
    and not exists (
      select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
  union all
  select
    r.name,
    format(
      'alter table %s replica identity %s;',
      r.name,
      case r.relreplident when 'f' then 'full' when 'n' then 'nothing' else 'using index' end
    )
  from own_relations as r
  where r.relkind in ('r', 'p')
    and r.relreplident <> 'd'
  union all
  select
    r.name || '.' || a.attname,
    format('alter table %s alter column %I set (%s);', r.name, a.attname, o.option)
  from own_relations as r
  join pg_attribute as a on a.attrelid = r.oid
  cross join lateral unnest(a.attoptions) as o (option)
  where o.option like 'n\_distinct%'  -- some builds of PostgreSQL keep numbers of their own there
  union all
  select r.name, format('alter table %s cluster on %s;', r.name, x.indexrelid::regclass)
  from own_relations as r
  join pg_index as x on x.indrelid = r.oid
  where x.indisclustered
  union all
  select
    c.oid::regclass::text,
    format(
      'alter %s %s set tablespace %I;',
      case c.relkind when 'i' then 'index' else 'table' end,
      c.oid::regclass,
      t.spcname
    )
  from own_relations as r
  join pg_class as c on c.oid = r.oid or c.oid in (select x.indexrelid from pg_index as x where x.indrelid = r.oid)
  join pg_tablespace as t on t.oid = c.reltablespace
  union all
  select r.name, format('alter table %s set (toast.%s);', r.name, o.option)
  from own_relations as r
  join pg_class as c on c.oid = r.oid
  join pg_class as t on t.oid = c.reltoastrelid
  cross join lateral unnest(t.reloptions) as o (option)
  union all
  select r.name, format('alter sequence %s %s;', r.name, o.setting)
  from own_relations as r
  join pg_sequence as s on s.seqrelid = r.oid
  -- The sequence of an identity column stands in no other line; of others, all but the cache does.
  cross join lateral (
    select count(*) > 0 as is_of_identity
    from pg_depend as d
    where d.classid = 'pg_class'::regclass
      and d.objid = r.oid
      and d.deptype = 'i'
  ) as i
  cross join lateral (
    values
      (s.seqcache <> 1, 'cache ' || s.seqcache),
      (i.is_of_identity and s.seqincrement <> 1, 'increment ' || s.seqincrement),
      (i.is_of_identity and s.seqstart <> 1, 'start ' || s.seqstart),
      (i.is_of_identity and s.seqmin <> 1, 'minvalue ' || s.seqmin),
      (
        i.is_of_identity and s.seqmax <> case s.seqtypid::regtype::text
          when 'smallint' then 32767 when 'integer' then 2147483647 else 9223372036854775807
        end,
        'maxvalue ' || s.seqmax
      ),
      (i.is_of_identity and s.seqcycle, 'cycle')
  ) as o (is_special, setting)
  where o.is_special
)

select 'states' as object, l.line
from lines as l
order by l.name collate "C", l.line collate "C"
