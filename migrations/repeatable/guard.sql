-- What stands in front of every query, in the same pipeline and so in the same transaction.
--
-- guard(): is the user active and the login not revoked? If not, it raises WK401 and the query behind it never runs;
-- likewise WK403 where the route is for superusers and the user is none.
-- It then sets, for this transaction only, who asks (for triggers), which request (for logs and audit), how long the
-- statement may run, and the plan mode that the query's file asks for. It writes nothing: reads stay reads.
--
-- key_guard(): the same for an API key, which must also have the scope that the route asks for. It writes once a day.
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

-- Before superusers were asked for, the guard had no such parameter. A server that still runs that version goes on
-- calling this one with five: beside the old function, such a call would be ambiguous.
drop function if exists workouts.guard(bigint, bigint, text, bigint, text);
create or replace function workouts.guard(
  user_id bigint, login_id bigint, request_id text, timeout_ms bigint, plan_mode text, superuser boolean default false
) returns void
language plpgsql volatile
as $$
declare
  is_superuser boolean;
begin
  -- Where a migration holds users or logins, the guard itself waits no longer than the request may.
  perform set_config('lock_timeout', guard.timeout_ms::text, true);
  select u.is_superuser
  into is_superuser
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
  if guard.superuser and not is_superuser then
    raise exception using errcode = 'WK403', message = 'Only superusers may do this.';
  end if;
  perform set_config('app.user_id', guard.user_id::text, true),
          set_config('app.request_id', guard.request_id, true),
          set_config('statement_timeout', guard.timeout_ms::text, true),
          set_config('lock_timeout', '0', true),
          set_config('plan_cache_mode', guard.plan_mode, true);
end
$$;

create or replace function workouts.key_guard(
  user_id bigint,
  key_id bigint,
  secret_sha256 bytea,
  scope text,
  request_id text,
  timeout_ms bigint,
  plan_mode text,
  superuser boolean
) returns void
language plpgsql volatile
as $$
declare
  found_key record;
begin
  perform set_config('lock_timeout', key_guard.timeout_ms::text, true);
  select k.scopes, k.expires_at, k.last_used_on, u.is_superuser
  into found_key
  from workouts.api_keys as k
  join workouts.users as u on u.id = k.user_id
  where k.id = key_guard.key_id
    and k.user_id = key_guard.user_id
    and k.secret_sha256 = key_guard.secret_sha256
    and u.is_active;
  if not found then
    raise exception using errcode = 'WK401', message = 'There is no such API key any more.';
  end if;
  if found_key.expires_at <= statement_timestamp() then
    raise exception using errcode = 'WK401', message = 'The API key has expired.';
  end if;
  if not (key_guard.scope = any (found_key.scopes)) then
    raise exception using
      errcode = 'WK403', message = 'The API key does not have the scope ' || key_guard.scope || '.';
  end if;
  if key_guard.superuser and not found_key.is_superuser then
    raise exception using errcode = 'WK403', message = 'Only superusers may do this.';
  end if;
  if found_key.last_used_on is distinct from current_date then
    -- The day's first request writes; another one that comes at the same moment leaves it to that one. Where the server
    -- can be read but not written, the day is left out: a read stays possible.
    begin
      update workouts.api_keys as k
      set last_used_on = current_date
      from (
        select i.id
        from workouts.api_keys as i
        where i.id = key_guard.key_id
        for no key update skip locked
      ) as free
      where k.id = free.id
        and k.last_used_on is distinct from current_date;
    exception
      when read_only_sql_transaction or insufficient_resources or system_error then
        null;
    end;
  end if;
  perform set_config('app.user_id', key_guard.user_id::text, true),
          set_config('app.request_id', key_guard.request_id, true),
          set_config('statement_timeout', key_guard.timeout_ms::text, true),
          set_config('lock_timeout', '0', true),
          set_config('plan_cache_mode', key_guard.plan_mode, true);
end
$$;

-- Ends a statement that somebody asked for who may know of the thing, but not do this to it: 403 with a sentence of ours.
create or replace function workouts.forbid(message text default 'You may not do this.') returns bigint
language plpgsql volatile
as $$
begin
  raise exception using errcode = 'WK403', message = forbid.message;
end
$$;

-- Ends a statement that needs a sign-in of just now: 403 with the code sign_in_again.
create or replace function workouts.demand_sign_in() returns bigint
language plpgsql volatile
as $$
begin
  raise exception using errcode = 'WK407';
end
$$;
