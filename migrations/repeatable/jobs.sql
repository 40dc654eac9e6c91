-- Jobs are deferred by the statement that causes them: both happen, or neither. In a statement with CTEs the call has to
-- stand where rows are asked for – in the last select, or in a CTE that it reads: a select that nobody reads is not run.
--
-- defer_job(): the worker runs the task of this name (workouts_api/tasks.py) with args, as soon as this transaction
-- is committed. Who caused it goes along: the job acts as that user, and its log leads back to the request. The job's id.
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

-- defer_mail(): a mail of this kind (workouts_api/mail/kinds.py). args say whom and what it is about by ids: whatever is
-- secret, or may have changed until then, is looked up when the mail is sent. The job's id.
create or replace function workouts.defer_mail(kind text, args json) returns bigint
language sql volatile
as $$
  select workouts.defer_job('send_mail', json_build_object('kind', defer_mail.kind, 'args', defer_mail.args))
$$;
