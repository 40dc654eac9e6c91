-- Undoes a change of address by the token that was mailed to the old one: the account is whose it was.
-- Logins and API keys end and the password is void, since whoever made the change had them; another is set by mail.
-- @param token_sha256 bytea = sha256('token')
-- @column user_id bigint
-- @returns value
-- @plan generic
-- @writes
select undo_email_change(:token_sha256) as user_id
