-- The recipient of a mail about an account; no row if the account was deleted or deactivated.
-- @param user_id bigint = 1
-- @column email text!
-- @column name  text!
-- @returns maybe
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(users)
-- @budget run: buffers<=4
select
  u.email,
  coalesce(nullif(u.full_name, ''), u.username) as name
from users as u
where u.id = :user_id
  and u.is_active
