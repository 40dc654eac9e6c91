-- Settings of the server that cost time or safety.
-- Change it in postgresql.conf or by `alter system set`.
select
  s.name as object,
  format('%s: %s', current_setting(s.name), w.why) as finding
from pg_settings as s
join (
  values
    ('fsync', 'off', 'a crash of the machine destroys the database'),
    ('full_page_writes', 'off', 'a crash of the machine may destroy pages'),
    ('autovacuum', 'off', 'nothing removes dead rows'),
    ('track_counts', 'off', 'autovacuum does not know what to do'),
    ('shared_buffers', '16384', 'is what initdb sets; a quarter of the memory is usual'),
    ('random_page_cost', '4', 'is for spinning disks; on others 1.1 is usual, and indexes are used more'),
    ('compute_query_id', 'off', 'pg_stat_statements counts nothing')
) as w (name, setting, why) on w.name = s.name and w.setting = s.setting
union all
select 'shared_preload_libraries', 'pg_stat_statements is not in it: `workouts sql top` has no figures'
where current_setting('shared_preload_libraries') !~ 'pg_stat_statements'
