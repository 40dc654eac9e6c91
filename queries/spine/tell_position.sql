-- Where the server's write-ahead log is, behind all that was seen or written before; and how far a standby has come.
-- @returns one
-- @column position_in_log bigint!
-- @column replayed        bigint
-- @column is_standby      boolean!
-- @readonly
select
  workouts.position_in_log() as position_in_log,
  (pg_last_wal_replay_lsn() - pg_lsn '0/0')::bigint as replayed,
  pg_is_in_recovery() as is_standby
