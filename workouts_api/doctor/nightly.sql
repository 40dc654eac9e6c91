-- When each job that comes by itself came last.
select
  p.task_name as task,
  (extract(epoch from statement_timestamp()) - max(p.defer_timestamp))::float8 / 3600 as hours
from jobs.procrastinate_periodic_defers as p
group by p.task_name
order by p.task_name
