-- What ends with a password, and changes of address. Each function locks the user's row or is called behind that lock, and
-- looks with a snapshot of its own: what another request did before it let go of the row is seen.

-- For every statement that replaces a password or ends an account's use: tokens that were mailed open nothing any more, and
-- a change of address that was not confirmed is none. What undoes a change goes on: who has stolen an account changes its
-- password as well. How many there were.
create or replace function workouts.void_mailed(user_id bigint) returns bigint
language sql volatile
as $$
  with spent as (
    update workouts.user_tokens as t
    set used_at = clock_timestamp()
    where t.user_id = void_mailed.user_id
      and t.used_at is null
    returning 1
  ),
  ended as (
    update workouts.email_changes as e
    set ended_at = clock_timestamp()
    where e.user_id = void_mailed.user_id
      and e.changed_at is null
      and e.ended_at is null
    returning 1
  )
  select (select count(*) from spent) + (select count(*) from ended)
$$;

-- Ends a user's logins, but for one: also those that were made while the statement waited for the user's row.
create or replace function workouts.end_logins(user_id bigint, but_login_id bigint, why text) returns bigint
language sql volatile
as $$
  with ended as (
    update workouts.logins as l
    set revoked_at = clock_timestamp(),
        revoked_why = end_logins.why
    where l.user_id = end_logins.user_id
      and l.id <> end_logins.but_login_id
      and l.revoked_at is null
    returning 1
  )
  select count(*)
  from ended
$$;

-- Deletes a user's API keys, if that is wished for. How many there were.
create or replace function workouts.end_api_keys(user_id bigint, is_wished boolean) returns bigint
language sql volatile
as $$
  with ended as (
    delete from workouts.api_keys as k
    where k.user_id = end_api_keys.user_id
      and end_api_keys.is_wished
    returning 1
  )
  select count(*)
  from ended
$$;

-- As void_mailed(), where an administrator gives another address: theirs is the last word, and no former address undoes it.
create or replace function workouts.void_changes(user_id bigint) returns bigint
language sql volatile
as $$
  with ended as (
    update workouts.email_changes as e
    set ended_at = clock_timestamp()
    where e.user_id = void_changes.user_id
      and e.ended_at is null
    returning 1
  )
  select count(*)
  from ended
$$;

-- Remembers that an address is to be changed, or was, and has the mail sent: to the new address, to answer it; or to the old
-- one, which may undo it. A change that was pending until now gives way. The mail's job.
create or replace function workouts.change_address(user_id bigint, old_email text, new_email text, is_pending boolean)
returns bigint
language plpgsql volatile
as $$
declare
  change_id bigint;
begin
  perform workouts.void_mailed(change_address.user_id);
  if lower(new_email) = lower(old_email) then
    return null;
  end if;
  insert into workouts.email_changes as e (user_id, old_email, new_email, changed_at, expires_at)
  values (
    change_address.user_id,
    change_address.old_email,
    change_address.new_email,
    case when not is_pending then clock_timestamp() end,
    clock_timestamp() + case when is_pending then interval '1 day' else interval '7 days' end
  )
  returning e.id into change_id;
  if is_pending then
    perform workouts.permit_mail(new_email, change_address.user_id);
  end if;
  return workouts.defer_mail(
    case when is_pending then 'verify_email' else 'email_changed' end, json_build_object('change_id', change_id)
  );
end
$$;

-- The old address takes the account back, by the token that was mailed there: it is the account's address again, and this
-- change and those after it are over. Whoever made it knew the password and was signed in, so both end, API keys as well;
-- a new password is set by the mail that goes out at once. Whose account it was; null: the token is good for nothing.
create or replace function workouts.undo_email_change(token_sha256 bytea) returns bigint
language plpgsql volatile
as $$
declare
  found_user_id bigint;
  undone workouts.email_changes;
begin
  select e.user_id into found_user_id
  from workouts.email_changes as e
  where e.undo_sha256 = undo_email_change.token_sha256;
  perform
  from workouts.users as u
  where u.id = found_user_id
    and u.is_active
  for update;
  if not found then
    return null;
  end if;
  select e.* into undone
  from workouts.email_changes as e
  where e.undo_sha256 = undo_email_change.token_sha256
    and e.changed_at is not null
    and e.ended_at is null
    and e.expires_at > clock_timestamp();
  if not found then
    return null;
  end if;
  perform workouts.void_mailed(undone.user_id);
  update workouts.email_changes as e
  set ended_at = clock_timestamp()
  where e.user_id = undone.user_id
    and e.id >= undone.id
    and e.ended_at is null;
  update workouts.users as u
  set email = undone.old_email,
      email_verified_at = clock_timestamp(),
      password_hash = null,
      version = u.version + 1,
      updated_at = clock_timestamp()
  where u.id = undone.user_id;
  perform workouts.end_logins(undone.user_id, 0, 'password');
  perform workouts.end_api_keys(undone.user_id, true);
  perform workouts.defer_mail('reset_password', json_build_object('email', undone.old_email));
  return undone.user_id;
end
$$;

-- While an old address may take its account back, nobody else gets it: they would stand in the way. Whoever works in psql
-- may; there no request is under way.
create or replace function workouts.hold_old_addresses() returns trigger
language plpgsql
as $$
begin
  if coalesce(current_setting('app.request_id', true), '') <> '' and exists (
    select
    from workouts.email_changes as e
    where lower(e.old_email) = lower(new.email)
      and e.user_id <> new.id
      and e.changed_at is not null
      and e.ended_at is null
      and e.expires_at > clock_timestamp()
  ) then
    raise exception using errcode = '23505', constraint = 'users_email_key', message = 'This address is held.';
  end if;
  return null;
end
$$;

drop trigger if exists hold_old_addresses_when_made on workouts.users;
create trigger hold_old_addresses_when_made after insert on workouts.users
  for each row
  execute function workouts.hold_old_addresses();
drop trigger if exists hold_old_addresses_when_changed on workouts.users;
create trigger hold_old_addresses_when_changed after update of email on workouts.users
  for each row
  when (lower(old.email) <> lower(new.email))
  execute function workouts.hold_old_addresses();
