-- The members of a team, those who joined first at the top, a page at a time, for its members and athletes.
-- @param viewer_id        bigint = 1
-- @param team_id          bigint = 1
-- @param after_joined_on  date = '-infinity'
-- @param after_user_id    bigint = 0
-- @param limit            int = 51
-- @sample largest_team: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample largest_team: team_id = (select t.team_id from team_athletes as t group by 1 order by count(*) desc limit 1)
-- @sample later_page: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample later_page: team_id = (select t.team_id from team_athletes as t group by 1 order by count(*) desc limit 1)
-- @sample later_page: after_joined_on = current_date - 200
-- @column user_id bigint!
-- @column joined_on date!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(team_members, users)
-- @budget run: buffers<=20
select
  m.user_id,
  u.username,
  u.full_name,
  m.role,
  m.joined_on
from team_members as m
join users as u on u.id = m.user_id
where (
    -- Of no row: decided before anything is read. In a join the plan would decide when, and for an unknown team whether.
    select mine.role is not null or no_such('team') is not null
    from role_in_team(:viewer_id, :team_id) as mine (role)
  )
  and m.team_id = :team_id
  and (m.joined_on, m.user_id) > (:after_joined_on, :after_user_id)
order by m.joined_on, m.user_id
limit :limit
