-- When each job that comes by itself came last, for `workouts doctor`.
-- @column task    text!
-- @column hours   float8!
-- @returns many
-- @timeout 2s
-- @readonly
select
  p.task_name as task,
  (extract(epoch from statement_timestamp()) - max(p.defer_timestamp))::float8 / 3600 as hours
from jobs.procrastinate_periodic_defers as p
group by p.task_name
order by p.task_name
