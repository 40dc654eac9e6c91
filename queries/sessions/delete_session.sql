-- Deletes a session with its exercises and sets, if it still has a given version; the record of its import stays.
-- @param viewer_id   bigint = 1
-- @param session_id  bigint = 1
-- @param versions     bigint[] = '{-1}'
-- @sample largest: viewer_id = (select a.user_id from athletes as a join sessions as s on s.athlete_id = a.id order by s.set_count desc, s.id limit 1)
-- @sample largest: session_id = (select s.id from sessions as s order by s.set_count desc, s.id limit 1)
-- @column current_version integer!
-- @column matched boolean!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(sessions)
-- @budget run: buffers<=180
-- Version -1 stands for any version: a nullable parameter would need custom plans.
with locked as materialized (
  select s.id, s.athlete_id, s.local_on, s.version, coalesce(s.athlete_id = own.id, false) as is_own
  from sessions as s
  left join athletes as own on own.user_id = :viewer_id
  where s.id = :session_id
    and (s.athlete_id = own.id or may_change_session(:viewer_id, s.athlete_id, s.local_on))
  for update of s
),
target as materialized (
  -- The rights are checked again after the lock was got: its last holder may have ended the viewer's rights.
  select l.*
  from locked as l
  where l.is_own or may_change_session(:viewer_id, l.athlete_id, l.local_on)
),
gone as (
  delete from sessions as s
  using target as t
  where s.id = t.id
    and :versions && array[t.version::bigint, -1]
  returning s.id
)
select
  t.version as current_version,
  g.id is not null as matched
from target as t
left join gone as g on g.id = t.id
