-- The recipient of the mail about a new API key, and the key's name and scopes, which are null if it was deleted.
-- @param user_id bigint = 1
-- @param key_id  bigint = 1
-- @column email  text!
-- @column name   text!
-- @column key    text
-- @column scopes text
-- @returns maybe
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(users, api_keys)
-- @budget run: buffers<=8
select
  u.email,
  coalesce(nullif(u.full_name, ''), u.username) as name,
  k.name as key,
  array_to_string(k.scopes, ', ') as scopes
from users as u
left join api_keys as k
  on k.user_id = u.id
  and k.id = :key_id
where u.id = :user_id
  and u.is_active
