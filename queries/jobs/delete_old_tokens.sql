-- Deletes mailed tokens that expired more than so many days ago, up to a limit.
-- @param days  int = 30
-- @param limit int = 5000
-- @returns rows_affected
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(user_tokens)
delete from user_tokens as t
using (
  select o.sha256
  from user_tokens as o
  where o.expires_at < now() - make_interval(days => :days::int)
  order by o.expires_at
  limit :limit
  for update skip locked
) as old
where t.sha256 = old.sha256
