-- Confirms an e-mail address by a mailed token, once: of a user, or of a registration, which makes the user.
-- @param token_sha256 bytea = sha256('token')
-- @column user_id bigint!
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(user_tokens, registrations, users)
with spent as (
  update user_tokens as t
  set used_at = statement_timestamp()
  where t.sha256 = :token_sha256
    and t.purpose = 'verify_email'
    and t.used_at is null
    and t.expires_at > statement_timestamp()
  returning t.user_id, t.email
),
verified as (
  update users as u
  set email = s.email,
      email_verified_at = statement_timestamp(),
      version = u.version + 1,
      updated_at = statement_timestamp()
  from spent as s
  where u.id = s.user_id
    and u.is_active
  returning u.id
),
confirmed as (
  delete from registrations as r
  where r.token_sha256 = :token_sha256
    and r.expires_at > statement_timestamp()
  returning r.email, r.username, r.full_name, r.zone, r.password_hash
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
select v.id as user_id
from verified as v
union all
select a.user_id
from new_athlete as a
