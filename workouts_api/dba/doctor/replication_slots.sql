-- Replication slots that nobody reads. The server keeps all WAL for them, until its disk is full.
-- Start the reader, or drop the slot: `select pg_drop_replication_slot('its name')`.
select
  s.slot_name::text as object,
  coalesce(
    format('unused, keeps %s of WAL', pg_size_pretty(pg_current_wal_lsn() - s.restart_lsn)),
    'unused'
  ) as finding
from pg_replication_slots as s
where not s.active
  and not pg_is_in_recovery()
