-- The athletes whose training the viewer sees, by name from Z to A, a page at a time.
-- Made by `workouts sql variants` from list_athletes.template: what is changed here is lost.
-- @param viewer_id   bigint = 1
-- @param team_id     bigint = 1
-- @param words       text = ''
-- @param before_name  text = chr(1114111)
-- @param before_id    bigint = 9223372036854775807
-- @param limit       int = 51
-- @sample busiest_coach: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample busiest_coach: team_id = 0
-- @sample later_page: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample later_page: team_id = 0
-- @sample later_page: before_name = 'm'
-- @sample largest_team: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample largest_team: team_id = (select t.team_id from team_athletes as t group by 1 order by count(*) desc limit 1)
-- @sample rare_word: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample rare_word: team_id = 0, words = 'no such name'
-- @sample newcomer: viewer_id = (select max(u.id) from users as u), team_id = 0
-- @column id bigint!
-- @column name text!
-- @column zone_is_known boolean!
-- @column relation text!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(athletes, team_members, team_athletes)
-- @budget run: buffers<=600
-- @budget run(busiest_coach): buffers<=5900
-- @budget run(later_page): buffers<=5900
-- @budget run(busiest_coach) before 17: buffers<=17000
-- @budget run(later_page) before 17: buffers<=17000
-- @budget run(rare_word) before 17: buffers<=12500
-- @budget run(largest_team): buffers<=22000
-- With team_id it lists only those in that team today. 0 and '' stand for any value: a nullable parameter would need
-- custom plans. Notes are in no list. The page is found first, and then the details of its athletes. The relation (the
-- same as relation_to()) is computed for these athletes only, by a subquery that the planner cannot hash for everybody.
-- The matches are materialized. Otherwise the planner may read an index in the order of the page, and search all matches
-- for each athlete of the server.
with matching as materialized (
  select
    x.id,
    lower(x.name) as key
  from athletes_seen_by(:viewer_id, :team_id) as x
  where :words = ''
    or strpos(lower(x.name), lower(:words)) > 0
)

select
  c.*,
  case
    when a.user_id = :viewer_id then 'self'
    when a.kept_by = :viewer_id then 'keeper'
    else coalesce(
      (
        select 'coach'
        from coached_today(:viewer_id) as t
        where t.athlete_id = a.id
        limit 1
      ),
      'former_coach'
    )
  end as relation
from (
  select
    m.id,
    m.key
  from matching as m
  where (m.key, m.id) < (lower(:before_name), :before_id)
  order by m.key desc, m.id desc
  limit :limit
) as page
join athletes as a on a.id = page.id
cross join lateral athlete_columns(a) as c
order by page.key desc, page.id desc
