-- Ends a membership: the viewer's own or, if the viewer is an owner, any. The last owner cannot be removed.
-- @param viewer_id  bigint = 1
-- @param team_id    bigint = 1
-- @param user_id    bigint = 2
-- @sample most_members: team_id = (select x.team_id from team_members as x group by 1 order by count(*) desc, 1 limit 1)
-- @sample most_members: viewer_id = (select min(m.user_id) from team_members as m where m.role = 'owner' and m.team_id = (select x.team_id from team_members as x group by 1 order by count(*) desc, 1 limit 1))
-- @sample most_members: user_id = (select max(m.user_id) from team_members as m where m.role <> 'owner' and m.team_id = (select x.team_id from team_members as x group by 1 order by count(*) desc, 1 limit 1))
-- @column user_id bigint!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(teams, team_members)
-- @budget run: buffers<=50
-- @budget run(most_members): buffers<=80
with target as materialized (
  select t.id
  from lock_known_team(:viewer_id, :team_id) as t
  where t.role = 'owner'
    or (t.role = 'coach' and :user_id = :viewer_id)
    or forbidden_if(true)
),
gone as (
  delete from team_members as m
  using target as g
  where m.team_id = g.id
    and m.user_id = :user_id
    and (
      other_owners_now(g.id, m.user_id) > 0
      or refuse('user_id', 'A team keeps an owner: make somebody else one first.') is not null
    )
  returning m.user_id
),
marked as (
  update teams as t
  set version = t.version + 1,
      updated_at = now()
  from target as g
  cross join gone as d
  where t.id = g.id
)
select d.user_id
from gone as d
