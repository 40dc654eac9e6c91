-- What stands in front of every query, in the same pipeline and so in the same transaction.
--
-- guard(): is the user active and the login not revoked? If not, it raises WK401 and the query behind it never runs.
-- It then sets, for this transaction only, who asks (for triggers), which request (for logs and audit), how long the
-- statement may run, and the plan mode that the query's file asks for. It writes nothing: reads stay reads.
--
-- open_request(): the same settings for requests without a sign-in, jobs and commands.
create or replace function workouts.open_request(
  user_id bigint, request_id text, timeout_ms bigint, plan_mode text
) returns void
language plpgsql volatile
as $$
begin
  perform set_config('app.user_id', coalesce(open_request.user_id::text, ''), true),
          set_config('app.request_id', open_request.request_id, true),
          set_config('statement_timeout', open_request.timeout_ms::text, true),
          set_config('plan_cache_mode', open_request.plan_mode, true);
end
$$;

create or replace function workouts.guard(
  user_id bigint, login_id bigint, request_id text, timeout_ms bigint, plan_mode text
) returns void
language plpgsql volatile
as $$
begin
  -- Where a migration holds users or logins, the guard itself waits no longer than the request may.
  perform set_config('lock_timeout', guard.timeout_ms::text, true);
  perform
  from workouts.logins as l
  join workouts.users as u on u.id = l.user_id
  where l.id = guard.login_id
    and l.user_id = guard.user_id
    and l.revoked_at is null
    and l.expires_at > statement_timestamp()
    and u.is_active;
  if not found then
    raise exception using errcode = 'WK401', message = 'The sign-in was ended.';
  end if;
  perform set_config('app.user_id', guard.user_id::text, true),
          set_config('app.request_id', guard.request_id, true),
          set_config('statement_timeout', guard.timeout_ms::text, true),
          set_config('lock_timeout', '0', true),
          set_config('plan_cache_mode', guard.plan_mode, true);
end
$$;
