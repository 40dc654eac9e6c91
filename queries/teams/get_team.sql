-- One team with its members and today's athletes, for its members; its athletes see no other athletes.
-- @param viewer_id  bigint = 1
-- @param team_id    bigint = 1
-- @sample largest_team: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample largest_team: team_id = (select t.team_id from team_athletes as t group by 1 order by count(*) desc limit 1)
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(teams, team_members, team_athletes, users)
-- @budget run: buffers<=230
-- @budget run(largest_team): buffers<=19000
select
  t.version,
  team_json(t, mine.role, m.members, a.athletes, m.member_count, a.athlete_count) as reply
from role_in_team(:viewer_id, :team_id) as mine (role)
join teams as t on t.id = :team_id
cross join lateral members_of_team(t.id) as m
cross join lateral athletes_of_team(t.id, :viewer_id) as a
where mine.role is not null
