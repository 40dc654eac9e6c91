-- Invalid indexes, as a failed `create index concurrently` leaves them. They cost writes and serve no query.
-- Drop it with `drop index concurrently`, and run the migration again that makes it.
select
  x.indexrelid::regclass::text as object,
  format('is invalid, on %s', x.indrelid::regclass) as finding
from pg_index as x
where not x.indisvalid
  and not exists (select from pg_stat_progress_create_index as p where p.index_relid = x.indexrelid)
