-- Tables in which a third of the rows are dead. Reads go through them.
-- `vacuum` it; if it comes back, lower autovacuum_vacuum_scale_factor of the table by a migration.
select
  s.relid::regclass::text as object,
  format('%s dead rows beside %s living ones', s.n_dead_tup, s.n_live_tup) as finding
from pg_stat_user_tables as s
where s.n_dead_tup > 10000
  and s.n_dead_tup > s.n_live_tup / 2
order by s.n_dead_tup desc
