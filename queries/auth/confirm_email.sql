-- Confirms an e-mail address by a mailed token, which works once. A confirmed registration becomes a user.
-- @param token_sha256 bytea = sha256('token')
-- @column user_id bigint!
-- @column mail_id bigint
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(user_tokens, email_changes, registrations, users)
with proven as materialized (
  -- Case 1: a user verifies the present address.
  select
    u.id,
    t.sha256
  from user_tokens as t
  join users as u on u.id = t.user_id
  where t.sha256 = :token_sha256
    and t.purpose = 'verify_email'
    and t.used_at is null
    and t.expires_at > statement_timestamp()
    and u.is_active
    and lower(u.email) = lower(t.email)
  for update of u
),
spent as (
  update user_tokens as t
  set used_at = statement_timestamp()
  from proven as p
  where t.sha256 = p.sha256
    and t.used_at is null
  returning t.user_id
),
asked as materialized (
  -- Case 2: a user confirms a new address. The user is locked first: a simultaneous change of password either ends this
-- change or waits for it.
  select
    u.id as user_id,
    u.email_verified_at is not null as was_verified,
    e.id
  from email_changes as e
  join users as u on u.id = e.user_id
  where e.confirm_sha256 = :token_sha256
    and u.is_active
  for update of u
),
made as (
  update email_changes as e
  set changed_at = statement_timestamp(),
      -- Only an old address that was verified may undo it.
      expires_at = statement_timestamp() + case when a.was_verified then interval '7 days' else interval '0' end
  from asked as a
  where e.id = a.id
    and e.changed_at is null
    and e.ended_at is null
    and e.expires_at > statement_timestamp()
  returning e.id, e.user_id, e.old_email, e.new_email, a.was_verified
),
verified as (
  update users as u
  set email = coalesce(v.new_email, u.email),
      email_verified_at = statement_timestamp(),
      version = u.version + 1,
      updated_at = statement_timestamp()
  from (
    select
      s.user_id,
      null as new_email,
      null::bigint as change_id,
      null as old_email,
      false as was_verified
    from spent as s
    union all
    select
      m.user_id,
      m.new_email,
      m.id,
      m.old_email,
      m.was_verified
    from made as m
  ) as v
  where u.id = v.user_id
  returning u.id, v.change_id, v.old_email, v.was_verified
),
alike as materialized (
  -- Case 3: a registration. An address may have several. The token belongs to one of them; the others are deleted. The
  -- rows are locked in one order, so two confirmations at the same time cannot deadlock.
  select r.id
  from registrations as r
  where lower(r.email) = (
      select lower(p.email)
      from registrations as p
      where p.token_sha256 = :token_sha256
        and p.expires_at > statement_timestamp()
    )
  order by r.id
  for update
),
confirmed as (
  delete from registrations as r
  using alike as a
  where r.id = a.id
    and r.token_sha256 = :token_sha256
  returning r.id, r.email, r.username, r.full_name, r.zone, r.password_hash
),
others as (
  delete from registrations as r
  using alike as a, confirmed as c
  where r.id = a.id
    and r.id <> c.id
),
new_user as (
  insert into users (email, username, full_name, password_hash, email_verified_at)
  select
    c.email,
    c.username,
    c.full_name,
    c.password_hash,
    statement_timestamp()
  from confirmed as c
  returning id, username, full_name
),
told as (
  -- The reply that was kept for the registration now belongs to the user.
  update idempotency_keys as k
  set person_id = n.id,
      registration_id = null
  from confirmed as c
  cross join new_user as n
  where k.registration_id = c.id
),
new_athlete as (
  insert into athletes (user_id, name, zone)
  select
    u.id,
    coalesce(nullif(u.full_name, ''), u.username),
    zone_or_utc(c.zone)
  from new_user as u
  cross join confirmed as c
  returning user_id
)
select
  v.id as user_id,
  case
    when v.change_id is not null and void_mailed(v.id) >= 0
      then case
        when v.was_verified then defer_mail('email_changed', json_build_object('change_id', v.change_id))
        else tell_old_address(v.id, v.old_email)
      end
  end as mail_id
from verified as v
union all
select
  a.user_id,
  null
from new_athlete as a
