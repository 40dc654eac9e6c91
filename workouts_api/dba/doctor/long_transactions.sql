-- Transactions that have been open for five minutes. Vacuum removes no row that they might see.
-- End it: `select pg_terminate_backend(pid)`. `workouts sql live` shows who waits for it.
select
  format('pid %s', a.pid) as object,
  format(
    '%s, %s, open since %s',
    coalesce(nullif(a.application_name, ''), a.usename),
    a.state,
    to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
  ) as finding
from pg_stat_activity as a
where a.backend_type = 'client backend'
  and a.xact_start < clock_timestamp() - interval '5 minutes'
order by a.xact_start
