-- How background jobs are: how many are due, run and have failed, how long the oldest one waits, and how many workers live.
-- Jobs that succeeded are deleted, and failed ones after 90 days, so the table is small.
-- @column due           int!
-- @column running       int!
-- @column failed        int!
-- @column mails_failed  int!
-- @column oldest_s      float8!
-- @column oldest_mail_s float8!
-- @column workers       int!
-- @returns one
-- @timeout 2s
-- @readonly
with waiting as (
  select
    j.task_name = 'send_mail' as is_mail,
    extract(epoch from statement_timestamp() - coalesce(j.scheduled_at, e.at, statement_timestamp())) as waits_s
  from jobs.procrastinate_jobs as j
  left join lateral (
    select min(i.at) as at
    from jobs.procrastinate_events as i
    where i.job_id = j.id
  ) as e on true
  where j.status = 'todo'
    and (j.scheduled_at is null or j.scheduled_at <= statement_timestamp())
  order by j.id
  limit 1000
),
ended as (
  select
    count(*) filter (where j.status = 'doing') as running,
    count(*) filter (where j.status = 'failed') as failed,
    count(*) filter (where j.status = 'failed' and j.task_name = 'send_mail') as mails_failed
  from jobs.procrastinate_jobs as j
  where j.status in ('doing', 'failed')
)
select
  (select count(*) from waiting)::int as due,
  ended.running::int as running,
  ended.failed::int as failed,
  ended.mails_failed::int as mails_failed,
  coalesce((select max(w.waits_s) from waiting as w), 0)::float8 as oldest_s,
  coalesce((select max(w.waits_s) from waiting as w where w.is_mail), 0)::float8 as oldest_mail_s,
  (
    select count(*)
    from jobs.procrastinate_workers as w
    where w.last_heartbeat > statement_timestamp() - interval '60 seconds'
  )::int as workers
from ended
