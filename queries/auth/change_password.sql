-- Replaces a password by who knows it: all other logins end, tokens that were mailed too, and its owner is told by mail.
-- @param user_id       bigint = 1
-- @param login_id      bigint = 1
-- @param verified_hash text = '$argon2id$v=19$'
-- @param password_hash text = '$argon2id$v=19$'
-- @param account       text = 'proof of user 1'
-- @param address       inet? = '127.0.0.1'
-- @column mail_id     bigint!
-- @column is_refunded boolean!
-- @returns maybe
-- @plan custom
-- @writes
with changed as (
  update users as u
  set password_hash = :password_hash
  where u.id = :user_id
    and u.password_hash = :verified_hash
  returning u.id
),
ended as (
  update logins as l
  set revoked_at = statement_timestamp(),
      revoked_why = 'password'
  from changed as c
  where l.user_id = c.id
    and l.id <> :login_id
    and l.revoked_at is null
),
spent as (
  update user_tokens as t
  set used_at = statement_timestamp()
  from changed as c
  where t.user_id = c.id
    and t.purpose = 'reset_password'
    and t.used_at is null
)
select
  defer_mail('password_changed', json_build_object('user_id', c.id, 'at', rfc3339(statement_timestamp()))) as mail_id,
  refund_guess(:account, :address) as is_refunded
from changed as c
