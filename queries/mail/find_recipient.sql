-- To whom a mail about an account goes, unless the account is gone or was switched off.
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
