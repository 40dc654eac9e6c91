-- The statement that causes a job also queues it, so both happen or neither. In a statement with CTEs the call must be in
-- the last select, or in a CTE that the last select reads. A CTE that is not read is not run.
--
-- defer_job(): the worker runs the task of this name (workouts_api/tasks.py) with args, after this transaction is
-- committed. The job stores the user and the request: it acts as that user, and its log names the request. Returns the
-- job's id.
create or replace function workouts.defer_job(task text, args json) returns bigint
language sql volatile security definer
set search_path = jobs, pg_temp
as $$
  select (
    procrastinate_defer_jobs_v1(array[
      (
        case when defer_job.task = 'send_mail' then 'mail' else 'default' end,
        defer_job.task,
        0,
        null,
        null,
        jsonb_build_object(
          'args', coalesce(defer_job.args::jsonb, '{}'),
          'caused_by', jsonb_build_object(
            'user_id', workouts.acting_user_id(),
            'request_id', coalesce(current_setting('app.request_id', true), '')
          )
        ),
        null
      )::procrastinate_job_to_defer_v1
    ])
  )[1]
$$;
revoke execute on function workouts.defer_job(text, json) from public;
grant execute on function workouts.defer_job(text, json) to workouts_app;

-- defer_mail(): queues a mail of this kind (workouts_api/mail/kinds.py). args hold only ids. Secrets, and values that may
-- change, are looked up when the mail is sent. Returns the job's id.
create or replace function workouts.defer_mail(kind text, args json) returns bigint
language sql volatile
as $$
  select workouts.defer_job('send_mail', json_build_object('kind', defer_mail.kind, 'args', defer_mail.args))
$$;
