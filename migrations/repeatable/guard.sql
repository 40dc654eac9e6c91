-- The functions that run before every query, in the same pipeline and so in the same transaction.
--
-- guard(): checks that the user is active and the login not revoked. If not, it raises WK401, and the query after it never
-- runs. If the route is for superusers and the user is not one, it raises WK403.
-- It then sets for this transaction: the user (for triggers), the request (for logs and audit), the time limit of the
-- statement, and the plan mode of the query's file. It writes nothing, so reads stay read-only. The request's id and the
-- user are also in application_name: pg_stat_activity and the server's log (%a) show it while the request runs. It is not in the
-- statement's text, which has to stay the same to be prepared once.
--
-- If the statement writes, it first waits for a claim of the user's athletes that is under way: repeatable/claim_athlete.sql.
-- The statement begins after the guard, so it sees what the claim made.
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
          set_config(
            'application_name',
            left(concat('workouts-api ', open_request.request_id, ' user=' || open_request.user_id), 63),
            true
          ),
          set_config('statement_timeout', open_request.timeout_ms::text, true),
          set_config('plan_cache_mode', open_request.plan_mode, true);
end
$$;

-- Earlier versions of the guard had no parameter for superusers, or none for writes. A server that still runs such a
-- release calls this function with fewer arguments. The old functions are dropped: with both, such a call would be
-- ambiguous.
drop function if exists workouts.guard(bigint, bigint, text, bigint, text);
drop function if exists workouts.guard(bigint, bigint, text, bigint, text, boolean);
create or replace function workouts.guard(
  user_id bigint,
  login_id bigint,
  request_id text,
  timeout_ms bigint,
  plan_mode text,
  superuser boolean default false,
  writes boolean default false
) returns void
language plpgsql volatile
as $$
declare
  is_superuser boolean;
begin
  -- If a migration locks users or logins, the guard waits no longer than the request may take.
  perform set_config('lock_timeout', guard.timeout_ms::text, true);
  if guard.writes then
    perform pg_advisory_xact_lock_shared(workouts.claims_of(guard.user_id));
  end if;
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
          set_config(
            'application_name',
            left(concat('workouts-api ', guard.request_id, ' user=' || guard.user_id), 63),
            true
          ),
          set_config('statement_timeout', guard.timeout_ms::text, true),
          set_config('lock_timeout', '0', true),
          set_config('plan_cache_mode', guard.plan_mode, true);
end
$$;

drop function if exists workouts.key_guard(bigint, bigint, bytea, text, text, bigint, text, boolean);
create or replace function workouts.key_guard(
  user_id bigint,
  key_id bigint,
  secret_sha256 bytea,
  scope text,
  request_id text,
  timeout_ms bigint,
  plan_mode text,
  superuser boolean,
  writes boolean default false
) returns void
language plpgsql volatile
as $$
declare
  found_key record;
begin
  perform set_config('lock_timeout', key_guard.timeout_ms::text, true);
  if key_guard.writes then
    perform pg_advisory_xact_lock_shared(workouts.claims_of(key_guard.user_id));
  end if;
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
    -- The first request of the day writes. Another one at the same moment does not wait for it. If the server is
    -- read-only, the day is not written, so that reads stay possible.
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
          set_config(
            'application_name',
            left(concat('workouts-api ', key_guard.request_id, ' user=' || key_guard.user_id), 63),
            true
          ),
          set_config('statement_timeout', key_guard.timeout_ms::text, true),
          set_config('lock_timeout', '0', true),
          set_config('plan_cache_mode', key_guard.plan_mode, true);
end
$$;

-- The lock between a user's writes, which share it, and claims of athletes, who hold it alone.
create or replace function workouts.claims_of(user_id bigint) returns bigint
language sql immutable parallel safe
return hashtextextended('claims of', user_id);

-- Ends a statement whose caller may see the thing, but not change it this way: 403 with a sentence of ours.
create or replace function workouts.forbid(message text default 'You may not do this.') returns bigint
language plpgsql volatile
as $$
begin
  raise exception using errcode = 'WK403', message = forbid.message;
end
$$;

-- Ends a statement that needs a recent sign-in: 403 with the code sign_in_again.
create or replace function workouts.demand_sign_in() returns bigint
language plpgsql volatile
as $$
begin
  raise exception using errcode = 'WK407';
end
$$;
