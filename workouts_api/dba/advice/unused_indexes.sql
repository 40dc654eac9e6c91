-- Indexes that no query has used since the statistics were reset. Each costs every write of its table.
-- Look at the reset's day and at all standbys, then drop it. A rare report may need it.
select
  i.indexrelid::regclass::text as object,
  format(
    '%s, not used since %s',
    pg_size_pretty(pg_relation_size(i.indexrelid)),
    coalesce(to_char(d.stats_reset, 'YYYY-MM-DD'), 'the database was made')
  ) as finding,
  format('drop index concurrently %s', i.indexrelid::regclass) as remedy
from pg_stat_user_indexes as i
join pg_index as x on x.indexrelid = i.indexrelid
join pg_stat_database as d on d.datname = current_database()
where i.schemaname = 'workouts'
  and i.idx_scan = 0
  and x.indisvalid
  and not x.indisunique
  and pg_relation_size(i.indexrelid) > 1024 * 1024
  and not exists (select from pg_constraint as k where k.conindid = i.indexrelid)
order by pg_relation_size(i.indexrelid) desc, i.indexrelid::regclass::text
