-- Deletes registrations that nobody confirmed and that expired more than so many days ago, up to a limit.
-- @param days  int = 0
-- @param limit int = 5000
-- @returns rows_affected
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(registrations)
delete from registrations as r
using (
  select o.id
  from registrations as o
  where o.expires_at < now() - make_interval(days => :days::int)
  order by o.expires_at
  limit :limit
  for update skip locked
) as old
where r.id = old.id
