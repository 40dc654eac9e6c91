-- Enumerations, domains, composite types and ranges.
with own_types as (
  select t.oid, t.typtype, t.typrelid, t.typbasetype, t.typtypmod, t.typnotnull, t.typdefault
  from pg_type as t
  join pg_namespace as n on n.oid = t.typnamespace
  where n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
    and t.typtype in ('e', 'd', 'c', 'r')
    and (t.typrelid = 0 or exists (select from pg_class as c where c.oid = t.typrelid and c.relkind = 'c'))
    and not exists (
      select from pg_depend as d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e'
    )
),

definitions as (
  select
    t.oid,
    format(
      'create type %s as enum (%s);',
      t.oid::regtype,
      (
        select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
        from pg_enum as e
        where e.enumtypid = t.oid
      )
    ) as line
  from own_types as t
  where t.typtype = 'e'
  union all
  select
    t.oid,
    format(
      'create domain %s as %s%s%s%s;',
      t.oid::regtype,
      format_type(t.typbasetype, t.typtypmod),
      ' default ' || t.typdefault,
      case when t.typnotnull then ' not null' end,
      (
        select string_agg(
          format(' constraint %I %s', c.conname, pg_get_constraintdef(c.oid, true)), '' order by c.conname
        )
        from pg_constraint as c
        where c.contypid = t.oid
          and c.contype = 'c'
      )
    )
  from own_types as t
  where t.typtype = 'd'
  union all
  select
    t.oid,
    format(
      'create type %s as (%s);',
      t.oid::regtype,
      (
        select string_agg(
          quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum
        )
        from pg_attribute as a
        where a.attrelid = t.typrelid
          and not a.attisdropped
      )
    )
  from own_types as t
  where t.typtype = 'c'
  union all
  select
    t.oid,
    format('create type %s as range (subtype = %s);', t.oid::regtype, r.rngsubtype::regtype)
  from own_types as t
  join pg_range as r on r.rngtypid = t.oid
),

lines as (
  select d.oid::regtype::text as name, 1 as part, d.line
  from definitions as d
  union all
  select
    t.oid::regtype::text,
    2,
    format('comment on type %s is %L;', t.oid::regtype, obj_description(t.oid, 'pg_type'))
  from own_types as t
  where obj_description(t.oid, 'pg_type') is not null
)

select 'type ' || l.name as object, l.line
from lines as l
order by l.name collate "C", l.part
