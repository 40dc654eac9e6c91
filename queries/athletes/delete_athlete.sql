-- Deletes an athlete whom the viewer keeps, with their whole training, if they are still at a version.
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
-- Sessions go first: an exercise of the athlete's own can't go before the sessions that it is in.
with target as materialized (
  select
    a.id,
    a.version
  from athletes as a
  where a.id = :athlete_id
    and (
      a.kept_by = :viewer_id
      or forbidden_if(exists (
        select
        from visible_days(:viewer_id) as v
        where v.athlete_id = a.id
      ))
    )
  for update of a
),
gone_sessions as (
  delete from sessions as s
  using target as t
  where s.athlete_id = t.id
    and :versions && array[t.version::bigint, -1]
  returning s.id
),
gone as (
  delete from athletes as a
  using target as t
  where a.id = t.id
    and :versions && array[t.version::bigint, -1]
    and (select count(*) from gone_sessions) >= 0
  returning a.id
)
select
  t.version as current_version,
  g.id is not null as matched
from target as t
left join gone as g on g.id = t.id
