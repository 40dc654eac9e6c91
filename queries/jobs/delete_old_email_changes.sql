-- Deletes changes of address that expired more than so many days ago, up to a limit.
-- @param days  int = 0
-- @param limit int = 5000
-- @returns rows_affected
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(email_changes)
delete from email_changes as r
using (
  select o.id
  from email_changes as o
  where o.expires_at < now() - make_interval(days => :days::int)
  order by o.expires_at
  limit :limit
  for update skip locked
) as old
where r.id = old.id
