-- Makes a user a superuser, found by e-mail address or username. It has no effect on a superuser.
-- @param name text = 'ada@example.com'
-- @column id       bigint!
-- @column username text!
-- @column is_active boolean!
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(users)
-- @budget run: buffers<=60
update users as u
set is_superuser = true,
    version = u.version + 1,
    updated_at = now()
where lower(u.email) = lower(:name)
  or lower(u.username) = lower(:name)
returning u.id, u.username, u.is_active
