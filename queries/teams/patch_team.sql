-- Changes a team's name or headquarters by a merge patch, if it still has a given version. Only for its owners.
-- @param viewer_id  bigint = 1
-- @param team_id    bigint = 1
-- @param versions    bigint[] = '{-1}'
-- @param patch      json = '{"headquarters": "Hamburg"}'
-- @sample largest_team: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample largest_team: team_id = (select t.team_id from team_athletes as t group by 1 order by count(*) desc limit 1)
-- @column current_version integer!
-- @column matched boolean!
-- @column version integer
-- @column reply json
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(teams, team_members)
-- @budget run: buffers<=250
-- @budget run(largest_team): buffers<=19000
-- Version -1 stands for any version: a nullable parameter would need custom plans.
with target as materialized (
  select
    t.id,
    t.version
  from lock_team(:viewer_id, :team_id) as t
  where t.role = 'owner'
    or forbidden_if(true)
),
changed as (
  update teams as t
  set name = coalesce(p.name, t.name),
      headquarters = case when :patch::jsonb ? 'headquarters' then coalesce(p.headquarters, '') else t.headquarters end,
      version = version_after(t.version, :patch),
      updated_at = updated_after(t.updated_at, :patch)
  from target as g
  cross join json_to_record(:patch) as p (name text, headquarters text)
  where t.id = g.id
    and :versions && array[g.version::bigint, -1]
  returning t as team
)
select
  g.version as current_version,
  (c.team).id is not null as matched,
  (c.team).version as version,
  case
    when (c.team).id is not null
      then keep_reply(team_json(c.team, 'owner', m.members, a.athletes, m.member_count, a.athlete_count))
  end as reply
from target as g
left join changed as c on true
left join lateral members_of_team(g.id) as m on (c.team).id is not null
left join lateral athletes_of_team(g.id, :viewer_id) as a on (c.team).id is not null
