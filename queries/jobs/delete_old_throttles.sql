-- Deletes brakes on guessing and mailing that were touched last more than so many days ago, up to a limit.
-- @param days  int = 2
-- @param limit int = 5000
-- @returns rows_affected
-- @plan generic
-- @writes
-- The table is read from end to end, once a night: an index on last_at would cost every guess and mail more than that.
delete from throttles as t
using (
  select o.key
  from throttles as o
  where o.last_at < now() - make_interval(days => :days::int)
  limit :limit
  for update skip locked
) as old
where t.key = old.key
