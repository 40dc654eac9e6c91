-- Replaces a password that was proved.
-- All other logins, mailed tokens and invitations that give rights over others end, and a mail tells the owner.
-- @param user_id       bigint = 1
-- @param login_id      bigint = 1
-- @param verified_hash text = '$argon2id$v=19$'
-- @param password_hash text = '$argon2id$v=19$'
-- @param account       text = 'proof of user 1'
-- @param address       inet? = '127.0.0.1'
-- @param end_api_keys  boolean = false
-- @column mail_id bigint!
-- @returns maybe
-- @plan custom
-- @writes
with changed as (
  update users as u
  set password_hash = :password_hash
  where u.id = :user_id
    and u.password_hash = :verified_hash
    and permit_guess(:account, :address)
  returning u.id
)
select
  defer_mail('password_changed', json_build_object(
    'user_id', c.id, 'at', rfc3339(statement_timestamp()), 'keys_ended', :end_api_keys::boolean
  )) as mail_id,
  end_logins(c.id, :login_id, 'password') as logins_ended,
  end_api_keys(c.id, :end_api_keys) as keys_ended,
  end_invitations(c.id) as invitations_ended,
  void_mailed(c.id) as voided
from changed as c
