-- Changes of passwords and of e-mail addresses. Each function locks the user's row, or is called after that row was locked,
-- and then reads with a new snapshot. So it sees the changes of another request that held the lock before.

-- For every statement that replaces a password or deactivates an account. Mailed tokens become void, and an unconfirmed
-- change of address ends. Tokens that undo a change stay valid, because a thief of an account changes its password as well.
-- Returns the number of void tokens and changes.
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

-- Ends a user's logins except one, including logins that were made while the statement waited for the user's row.
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

-- Deletes a user's API keys, on request. Returns their number.
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

-- Deletes what a user has sent and nobody has accepted, if it gives rights over others' training: invitations of owners and
-- coaches, and to claim an athlete. For every statement that ends logins: whoever used such a login could have sent them,
-- and their codes would open the team, or the athlete, after the account is its owner's again. Invitations of athletes stay:
-- they show training to the team, and none to the athlete. Returns the number of deleted invitations.
create or replace function workouts.end_invitations(user_id bigint) returns bigint
language sql volatile
as $$
  with ended as (
    delete from workouts.invitations as i
    where i.invited_by = end_invitations.user_id
      and i.kind <> 'athlete'
    returning 1
  )
  select count(*)
  from ended
$$;

-- Like void_mailed(), for an administrator who sets another address. No former address can undo that.
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

-- Tells an address that an account has another one now, by a mail that undoes nothing. Returns the job's id.
create or replace function workouts.tell_old_address(user_id bigint, old_email text) returns bigint
language plpgsql volatile
as $$
begin
  return workouts.defer_mail('email_changed', json_build_object(
    'user_id', tell_old_address.user_id, 'email', old_email, 'at', workouts.rfc3339(clock_timestamp())
  ));
end
$$;

-- Records a change of address and queues its mail. A pending change is mailed to the new address, which confirms it. A
-- change that is made is mailed to the old address, which may undo it if it was verified: anybody can register with the
-- address of somebody else, and with one that was never shown to be theirs, nobody takes an account from whoever has proved
-- the new one. An earlier pending change ends. Returns the job's id.
drop function if exists workouts.change_address(bigint, text, text, boolean);
create or replace function workouts.change_address(
  user_id bigint, old_email text, new_email text, is_pending boolean, was_verified boolean default true
) returns bigint
language plpgsql volatile
as $$
declare
  change_id bigint;
begin
  perform workouts.void_mailed(change_address.user_id);
  if workouts.address_in_letters(new_email) = workouts.address_in_letters(old_email) then
    return null;
  end if;
  if not is_pending and not was_verified then
    return workouts.tell_old_address(change_address.user_id, change_address.old_email);
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

-- Undoes a change of address by the token that was mailed to the old address, which the account then has again. This change
-- and all later ones end. The person who made the change knew the password and was signed in. So the password becomes void,
-- and logins, API keys and invitations end. A mail to set a new password is queued. Returns the user's id, or null for an invalid token.
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
  perform workouts.end_invitations(undone.user_id);
  perform workouts.defer_mail('reset_password', json_build_object('email', undone.old_email));
  return undone.user_id;
end
$$;

-- While an old address may undo a change (one that was verified), no other account may take it: that would prevent the undoing. A statement in psql
-- may, because it is not part of a request.
create or replace function workouts.hold_old_addresses() returns trigger
language plpgsql
as $$
begin
  if coalesce(current_setting('app.request_id', true), '') <> '' and exists (
    select
    from workouts.email_changes as e
    where lower(e.old_email) in (lower(new.email), workouts.address_in_letters(new.email))
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
