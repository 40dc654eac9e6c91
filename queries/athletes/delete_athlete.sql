-- Deletes an athlete whom the viewer keeps, with the whole training, if the athlete still has a given version.
-- @param viewer_id   bigint = 1
-- @param athlete_id  bigint = 5
-- @param versions     bigint[] = '{-1}'
-- @column current_version integer!
-- @column matched boolean!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(athletes, sessions)
-- @budget run: buffers<=20000
-- A trigger deletes the athlete's sessions first (repeatable/hand_over.sql).
with target as materialized (
  select
    a.id,
    a.version
  from athletes as a
  where a.id = :athlete_id
    and (
      a.kept_by = :viewer_id
      or forbidden_if(relation_to_now(:viewer_id, a) is not null)
    )
  for update of a
),
gone as (
  delete from athletes as a
  using target as t
  where a.id = t.id
    and :versions && array[t.version::bigint, -1]
  returning a.id
)
select
  t.version as current_version,
  g.id is not null as matched
from target as t
left join gone as g on g.id = t.id
