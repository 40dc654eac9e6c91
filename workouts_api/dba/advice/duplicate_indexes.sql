-- Indexes that another one replaces: it has the same columns, or begins with them, and holds the same rows.
-- Drop it, unless a constraint needs it.
select
  x.indexrelid::regclass::text as object,
  format(
    '%s; %s has %s',
    pg_size_pretty(pg_relation_size(x.indexrelid)),
    o.indexrelid::regclass,
    case when o.indkey::text = x.indkey::text then 'the same columns' else 'the same columns and more' end
  ) as finding,
  format('drop index concurrently %s', x.indexrelid::regclass) as remedy
from pg_index as x
join pg_class as c on c.oid = x.indexrelid
join pg_am as m on m.oid = c.relam
join pg_index as o on o.indrelid = x.indrelid and o.indexrelid <> x.indexrelid
join pg_class as d on d.oid = o.indexrelid and d.relam = c.relam
where c.relnamespace = 'workouts'::regnamespace
  and m.amname = 'btree'
  and o.indisvalid
  and not x.indisunique
  and not exists (select from pg_constraint as k where k.conindid = x.indexrelid)
  and o.indkey::text || ' ' like x.indkey::text || ' %'
  and o.indoption::text || ' ' like x.indoption::text || ' %'
  and o.indclass::text || ' ' like x.indclass::text || ' %'
  and o.indcollation::text || ' ' like x.indcollation::text || ' %'
  and coalesce(pg_get_expr(o.indpred, o.indrelid), '') = coalesce(pg_get_expr(x.indpred, x.indrelid), '')
  and coalesce(pg_get_expr(o.indexprs, o.indrelid), '') = coalesce(pg_get_expr(x.indexprs, x.indrelid), '')
  and (o.indkey::text <> x.indkey::text or o.indisunique or o.indexrelid < x.indexrelid)
order by pg_relation_size(x.indexrelid) desc, x.indexrelid::regclass::text
