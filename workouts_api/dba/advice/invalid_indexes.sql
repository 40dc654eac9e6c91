-- Indexes whose build failed. They cost writes and serve no query.
-- Drop it, and run the migration again that makes it.
select
  x.indexrelid::regclass::text as object,
  format('is not valid, on %s', x.indrelid::regclass) as finding,
  format('drop index concurrently %s', x.indexrelid::regclass) as remedy
from pg_index as x
join pg_class as c on c.oid = x.indexrelid
where not x.indisvalid
  and c.relnamespace = 'workouts'::regnamespace
  and not exists (select from pg_stat_progress_create_index as p where p.index_relid = x.indexrelid)
order by x.indexrelid::regclass::text
