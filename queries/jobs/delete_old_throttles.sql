-- Deletes throttles of guesses and mails that were last touched more than so many days ago, up to a limit.
-- @param days  int = 2
-- @param limit int = 5000
-- @returns rows_affected
-- @plan generic
-- @writes
-- It reads the whole table once a night. An index on last_at would cost more, because every guess and mail updates it.
delete from throttles as t
using (
  select o.key
  from throttles as o
  where o.last_at < now() - make_interval(days => :days::int)
  limit :limit
  for update skip locked
) as old
where t.key = old.key
