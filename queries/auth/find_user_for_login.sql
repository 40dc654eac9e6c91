-- The active user of an e-mail address or username, with the password's hash and the id of the login to come.
-- @param name text = 'ada@example.com'
-- @column id            bigint!
-- @column password_hash text
-- @column login_id      bigint!
-- @returns maybe
-- @budget plan: no_seqscan(users)
-- @budget run: buffers<=8
select u.id, u.password_hash, nextval('logins_id_seq') as login_id
from users as u
where u.is_active
  and (lower(u.email) = lower(:name) or lower(u.username) = lower(:name))
