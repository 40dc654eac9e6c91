-- The user whose password a mailed token replaces, while the token is valid.
-- @param token_sha256 bytea = sha256('token')
-- @returns maybe
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(user_tokens, users)
select
  u.email,
  u.username,
  u.full_name
from user_tokens as t
join users as u on u.id = t.user_id
where t.sha256 = :token_sha256
  and t.purpose = 'reset_password'
  and t.used_at is null
  and t.expires_at > statement_timestamp()
  and u.is_active
  and lower(u.email) = lower(t.email)
