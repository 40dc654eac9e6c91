-- Deletes failed jobs that were last touched more than so many days ago, up to a limit.
-- @param days  int = 90
-- @param limit int = 5000
-- @returns rows_affected
-- @writes
delete from jobs.procrastinate_jobs as j
using (
  select o.id
  from jobs.procrastinate_jobs as o
  where o.status in ('failed', 'cancelled', 'aborted')
    and not exists (
      select
      from jobs.procrastinate_events as e
      where e.job_id = o.id
        and e.at >= now() - make_interval(days => :days::int)
    )
  limit :limit
  for update skip locked
) as old
where j.id = old.id
