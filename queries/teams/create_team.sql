-- Makes a team and makes the viewer its owner.
-- @param viewer_id     bigint = 1
-- @param name          text = 'Lifting Club'
-- @param headquarters  text = 'Berlin'
-- @param most          bigint = 50
-- @column id bigint!
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget run: buffers<=80
with made as (
  insert into teams as t (name, headquarters)
  select :name, :headquarters
  where within_quota('teams', :viewer_id, :most)
  returning t as team
),
first_member as (
  insert into team_members (team_id, user_id, role)
  select
    (m.team).id,
    :viewer_id,
    'owner'
  from made as m
  returning user_id, role, joined_on
)
select
  (m.team).id,
  (m.team).version,
  keep_reply(
    team_json(
      m.team,
      o.role,
      (
        select json_build_array(team_member_json(u.id, u.username, u.full_name, o.role, o.joined_on))
        from users as u
        where u.id = o.user_id
      ),
      null
    )
  ) as reply
from made as m
cross join first_member as o
