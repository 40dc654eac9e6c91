-- Deletes a team with its memberships and invitations, if it still has a given version. Only for owners; training stays.
-- @param viewer_id  bigint = 1
-- @param team_id    bigint = 1
-- @param versions    bigint[] = '{-1}'
-- @column current_version integer!
-- @column matched boolean!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(teams, team_members)
-- @budget run: buffers<=6000
with target as materialized (
  select
    t.id,
    t.version
  from lock_team(:viewer_id, :team_id) as t
  where t.role = 'owner'
    or forbidden_if(true)
),
gone as (
  delete from teams as t
  using target as g
  where t.id = g.id
    and :versions && array[g.version::bigint, -1]
  returning t.id
)
select
  g.version as current_version,
  d.id is not null as matched
from target as g
left join gone as d on d.id = g.id
