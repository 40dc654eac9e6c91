-- What each publication sends: tables with their columns and rows, schemas, and which changes.
with lines as (
  select
    p.pubname,
    1 as part,
    format(
      'create publication %I%s with (publish = %L%s);',
      p.pubname,
      case when p.puballtables then ' for all tables' end,
      concat_ws(
        ', ',
        case when p.pubinsert then 'insert' end,
        case when p.pubupdate then 'update' end,
        case when p.pubdelete then 'delete' end,
        case when p.pubtruncate then 'truncate' end
      ),
      case when p.pubviaroot then ', publish_via_partition_root' end
    ) as line
  from pg_publication as p
  union all
  select
    p.pubname,
    2,
    format(
      'alter publication %I add table %s%s%s;',
      p.pubname,
      t.prrelid::regclass,
      ' (' || c.columns || ')',
      ' where ' || pg_get_expr(t.prqual, t.prrelid)
    )
  from pg_publication as p
  join pg_publication_rel as t on t.prpubid = p.oid
  cross join lateral (
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns
    from pg_attribute as a
    where a.attrelid = t.prrelid
      and a.attnum = any(t.prattrs)
  ) as c
  union all
  select p.pubname, 3, format('alter publication %I add tables in schema %s;', p.pubname, n.pnnspid::regnamespace)
  from pg_publication as p
  join pg_publication_namespace as n on n.pnpubid = p.oid
)

select
  'publications' as object,
  coalesce(string_agg(l.line, E'\n' order by l.pubname collate "C", l.part, l.line collate "C"), '') as text
from lines as l
