-- Replaces a forgotten password by a mailed token, which works once.
-- All logins, mailed tokens and invitations that give rights over others end; a mail tells it.
-- The token proves that the caller reads the address's mail. If the user has another address now, the token is refused.
-- @param token_sha256  bytea = sha256('token')
-- @param password_hash text = '$argon2id$v=19$'
-- @param end_api_keys  boolean = false
-- @column mail_id bigint!
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(user_tokens, users)
with person as materialized (
  -- All such statements lock the user first. So two of them wait for each other and cannot deadlock.
  select
    u.id,
    t.sha256
  from user_tokens as t
  join users as u on u.id = t.user_id
  where t.sha256 = :token_sha256
    and t.purpose = 'reset_password'
    and t.used_at is null
    and t.expires_at > statement_timestamp()
    and u.is_active
    and lower(u.email) = lower(t.email)
  for update of u
),
spent as (
  update user_tokens as t
  set used_at = statement_timestamp()
  from person as p
  where t.sha256 = p.sha256
    and t.used_at is null
  returning t.user_id
),
changed as (
  update users as u
  set password_hash = :password_hash,
      email_verified_at = coalesce(u.email_verified_at, statement_timestamp())
  from spent as s
  where u.id = s.user_id
  returning u.id
)
select
  defer_mail('password_changed', json_build_object(
    'user_id', c.id, 'at', rfc3339(statement_timestamp()), 'keys_ended', :end_api_keys::boolean
  )) as mail_id,
  end_logins(c.id, 0, 'password') as logins_ended,
  end_api_keys(c.id, :end_api_keys) as keys_ended,
  end_invitations(c.id) as invitations_ended,
  void_mailed(c.id) as voided
from changed as c
