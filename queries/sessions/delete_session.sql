-- Deletes a session with its exercises and sets, if it is still at a version; that it was imported stays known.
-- @param viewer_id   bigint = 1
-- @param session_id  bigint = 1
-- @param versions     bigint[] = '{-1}'
-- @column current_version integer!
-- @column matched boolean!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(sessions)
-- @budget run: buffers<=60
-- Version -1 among them stands for any, so that no nullable parameter costs a plan.
with target as materialized (
  select
    s.id,
    s.version
  from sessions as s
  where s.id = :session_id
    and (
      s.athlete_id = (
        select a.id
        from athletes as a
        where a.user_id = :viewer_id
      )
      or may_change_session(:viewer_id, s.athlete_id, s.local_on)
    )
  for update
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
