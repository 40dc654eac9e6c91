-- What a read asks of a replica, and where a server's write-ahead log is.
--
-- Positions are bytes of the log since its beginning: an LSN as a number, so that programs can compare them.
--
-- position_in_log(): on a primary behind all that was committed before. pg_current_wal_insert_lsn() is: a commit is
-- visible after its record was inserted, also with synchronous_commit off. On a standby it is behind all that a query
-- before it has seen: what is replayed was received.
create or replace function workouts.position_in_log() returns bigint
language sql volatile
return (
  case
    when pg_is_in_recovery() then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
    else pg_current_wal_insert_lsn()
  end - pg_lsn '0/0'
)::bigint;

-- follow_primary(): lets a read go on only on a standby that has replayed the log to the given position. The query after
-- it has a newer snapshot, so it sees all that was committed up to there. A standby cannot write the day on which an API
-- key was used: the first request of the day is refused here, and the primary answers it.
create or replace function workouts.follow_primary(position_in_log bigint, key_id bigint) returns void
language plpgsql volatile
as $$
begin
  if not pg_is_in_recovery() then
    raise exception using errcode = 'WK503', message = 'promoted';
  end if;
  if pg_last_wal_replay_lsn() - pg_lsn '0/0' < follow_primary.position_in_log then
    raise exception using errcode = 'WK503', message = 'behind';
  end if;
  if follow_primary.key_id is not null and exists (
    select
    from workouts.api_keys as k
    where k.id = follow_primary.key_id
      and k.last_used_on is distinct from current_date
  ) then
    raise exception using errcode = 'WK503', message = 'key_day';
  end if;
end
$$;
