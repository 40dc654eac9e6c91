-- The teams that the viewer coaches, and those that the viewer is in as an athlete today, by name, a page at a time.
-- @param viewer_id   bigint = 1
-- @param after_name  text = ''
-- @param after_id    bigint = 0
-- @param limit       int = 51
-- @sample busiest_coach: viewer_id = (select x.user_id from team_members as x group by 1 order by count(*) desc limit 1)
-- @sample newcomer: viewer_id = (select max(u.id) from users as u)
-- @sample later_page: viewer_id = (select x.user_id from team_members as x group by 1 order by count(*) desc limit 1)
-- @sample later_page: after_name = 'club 2'
-- @column id bigint!
-- @column name text!
-- @column my_role text!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(team_members, team_athletes)
-- @budget run: buffers<=40
-- @budget run(busiest_coach) before 17: buffers<=160
-- @budget run(later_page) before 17: buffers<=160
with mine as materialized (
  select
    r.team_id,
    max(r.role) as role  -- the strongest role: the alphabet happens to order athlete, coach, owner
  from (
    select
      m.team_id,
      m.role
    from team_members as m
    where m.user_id = :viewer_id
    union all
    select
      p.team_id,
      'athlete'
    from athletes as a
    join present_athletes() as p on p.athlete_id = a.id
    where a.user_id = :viewer_id
  ) as r
  group by r.team_id
)

select
  c.*,
  mine.role as my_role
from teams as t
join mine on mine.team_id = t.id
cross join lateral team_columns(t) as c
-- The ids as an array: one pass of the index, however many teams the planner expects.
where t.id = any(array(select m.team_id from mine as m))
  and (lower(t.name), t.id) > (lower(:after_name), :after_id)
order by lower(t.name), t.id
limit :limit
