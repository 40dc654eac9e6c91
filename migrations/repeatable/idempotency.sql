-- Idempotency-Key: the claim, the change and the reply are in one transaction. So no key can stay without a reply.
--
-- claim_key() runs before the change. If the key is taken, it raises WK409, and the change never runs. While the first
-- request still runs, the unique index makes the second one wait for its commit, at most two seconds (then WK408).
-- A statement that found nothing to change passes no reply, and queries/spine/store_reply.sql removes the claim.
create or replace function workouts.claim_key(key text, digest bytea) returns void
language plpgsql volatile
as $$
begin
  perform set_config('lock_timeout', '2s', true);
  begin
    insert into workouts.idempotency_keys as k (owner_id, user_id, key, digest)
    values (coalesce(workouts.acting_user_id(), 0), workouts.acting_user_id(), claim_key.key, claim_key.digest)
    on conflict do nothing;
  exception when lock_not_available then
    raise exception using errcode = 'WK408', message = 'A request with this Idempotency-Key is still under way.';
  end;
  if not found then
    raise exception using errcode = 'WK409', message = 'This Idempotency-Key was used before.';
  end if;
  perform set_config('app.key', claim_key.key, true),
          set_config('lock_timeout', '0', true);
end
$$;

-- The user of this transaction; null before the sign-in.
create or replace function workouts.acting_user_id() returns bigint
language sql stable
return nullif(current_setting('app.user_id', true), '')::bigint;

-- Passes the reply of the change to queries/spine/store_reply.sql, if a key was claimed.
create or replace function workouts.keep_reply(reply json) returns json
language plpgsql volatile
as $$
begin
  if current_setting('app.key', true) <> '' then
    perform set_config('app.reply', keep_reply.reply::text, true);
  end if;
  return keep_reply.reply;
end
$$;

-- keep_reply() for a reply about another user than the key's owner, such as a new user. The reply is deleted with that user.
create or replace function workouts.keep_reply_about(reply json, person_id bigint, registration_id bigint default null)
returns json
language plpgsql volatile
as $$
begin
  if current_setting('app.key', true) <> '' then
    update workouts.idempotency_keys as k
    set person_id = keep_reply_about.person_id,
        registration_id = keep_reply_about.registration_id
    where k.key = current_setting('app.key')
      and k.owner_id = coalesce(workouts.acting_user_id(), 0);
  end if;
  return workouts.keep_reply(reply);
end
$$;

-- Ends a statement with an invalid value: 422 with the field and a sentence of ours.
create or replace function workouts.refuse(field text, message text) returns bigint
language plpgsql volatile
as $$
begin
  raise exception using errcode = 'WK422', message = refuse.message, column = refuse.field;
end
$$;

-- Ends a statement that conflicts with an existing row: 409 with the field and a sentence of ours.
create or replace function workouts.clash(field text, message text) returns bigint
language plpgsql volatile
as $$
begin
  raise exception using errcode = 'WK410', message = clash.message, column = clash.field;
end
$$;

-- The same for several fields at once: an object of fields, each with its sentences.
create or replace function workouts.clash_all(details json) returns bigint
language plpgsql volatile
as $$
begin
  raise exception using
    errcode = 'WK410', message = 'Some of it clashes with what is there.', detail = clash_all.details::text;
end
$$;
