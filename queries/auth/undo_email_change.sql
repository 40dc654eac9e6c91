-- Undoes a change of address by the token that was mailed to the old address, which the account then has again.
-- Logins, API keys and invitations that give rights over others end, and the password becomes void, since the person who
-- made the change had them. A new password is set by mail.
-- @param token_sha256 bytea = sha256('token')
-- @column user_id bigint
-- @returns value
-- @plan generic
-- @writes
select undo_email_change(:token_sha256) as user_id
