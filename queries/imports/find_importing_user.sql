-- The active user with a username or e-mail address, for whom the command line imports.
-- @param name text = 'demo'
-- @returns maybe
-- @column id bigint!
-- @readonly
-- @budget plan: no_seqscan(users)
-- @budget run: buffers<=6
select u.id
from users as u
where (
    lower(u.username) = lower(:name)
    or lower(u.email) = lower(:name)
  )
  and u.is_active
