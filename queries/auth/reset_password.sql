-- Replaces a forgotten password by a mailed token, once: all logins and other such tokens end, the owner is told by mail.
-- Who had the token can read the address's mail, if it is still the user's.
-- @param token_sha256  bytea = sha256('token')
-- @param password_hash text = '$argon2id$v=19$'
-- @column mail_id bigint!
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(user_tokens, users)
with presented as materialized (
  select
    t.sha256,
    t.user_id,
    t.email
  from user_tokens as t
  where t.sha256 = :token_sha256
    and t.purpose = 'reset_password'
    and t.used_at is null
    and t.expires_at > statement_timestamp()
  for update
),
changed as (
  update users as u
  set password_hash = :password_hash,
      email_verified_at = case
        when lower(u.email) = lower(p.email) then coalesce(u.email_verified_at, statement_timestamp())
        else u.email_verified_at
      end
  from presented as p
  where u.id = p.user_id
    and u.is_active
  returning u.id
),
spent as (
  update user_tokens as t
  set used_at = statement_timestamp()
  from changed as c
  where t.user_id = c.id
    and t.purpose = 'reset_password'
    and t.used_at is null
),
ended as (
  update logins as l
  set revoked_at = statement_timestamp(),
      revoked_why = 'password'
  from changed as c
  where l.user_id = c.id
    and l.revoked_at is null
)
select
  defer_mail(
    'password_changed', json_build_object('user_id', c.id, 'at', rfc3339(statement_timestamp()))
  ) as mail_id
from changed as c
