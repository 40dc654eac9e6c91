-- Deletes idempotency keys that are older than so many days, up to a limit.
-- @param days  int = 30
-- @param limit int = 5000
-- @returns rows_affected
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(idempotency_keys)
delete from idempotency_keys as k
using (
  select o.key, o.owner_id
  from idempotency_keys as o
  where o.created_at < now() - make_interval(days => :days::int)
  order by o.created_at
  limit :limit
  for update skip locked
) as old
where k.key = old.key
  and k.owner_id = old.owner_id
