-- Makes a member of a team owner or coach. Only owners may do this, and the last owner stays owner.
-- An empty role changes nothing.
-- @param viewer_id  bigint = 1
-- @param team_id    bigint = 1
-- @param user_id    bigint = 2
-- @param role       text = 'owner'
-- @sample most_members: team_id = (select x.team_id from team_members as x group by 1 order by count(*) desc, 1 limit 1)
-- @sample most_members: viewer_id = (select min(m.user_id) from team_members as m where m.role = 'owner' and m.team_id = (select x.team_id from team_members as x group by 1 order by count(*) desc, 1 limit 1))
-- @sample most_members: user_id = (select max(m.user_id) from team_members as m where m.role <> 'owner' and m.team_id = (select x.team_id from team_members as x group by 1 order by count(*) desc, 1 limit 1))
-- @column reply json!
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
    or forbidden_if(true)
),
changed as (
  update team_members as m
  set role = case
        when :role = '' then m.role
        when :role = 'owner' or other_owners_now(g.id, m.user_id) > 0 then :role
        else refuse('role', 'A team keeps an owner: make somebody else one first.')::text
      end
  from target as g
  where m.team_id = g.id
    and m.user_id = :user_id
  returning m.user_id, m.role, m.joined_on
),
marked as (
  update teams as t
  set version = t.version + 1,
      updated_at = now()
  from target as g
  cross join changed
  where t.id = g.id
    and :role <> ''
)
select keep_reply(team_member_json(u.id, u.username, u.full_name, c.role, c.joined_on)) as reply
from changed as c
join users as u on u.id = c.user_id
