-- What is doubtful about an athlete's training, open or decided, newest first, a page at a time.
-- @param viewer_id  bigint = 1
-- @param athlete_id bigint = 0
-- @param is_open    boolean = true
-- @param before_id  bigint = 9007199254740991
-- @param limit      int = 51
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @column id bigint!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sessions, session_exercises, sets, exercises)
-- @budget run: buffers<=600
-- Athlete 0 is the viewer's own: a nullable parameter would need custom plans. seen_days null: the viewer sees all days.
with who as materialized (
  select
    a.id,
    case
      when :viewer_id in (a.user_id, a.kept_by) then null
      else visible_days_of(:viewer_id, a.id)
    end as seen_days
  from athletes as a
  where a.id = case
      when :athlete_id = 0
        then (
          select own.id
          from athletes as own
          where own.user_id = :viewer_id
        )
      else :athlete_id
    end
),
known as (
  select coalesce((select w.id from who as w), no_such('athlete')) as athlete_id
),
page as materialized (
  select d as doubt
  from known as k
  cross join who as w
  join doubts as d on d.athlete_id = k.athlete_id
  where (d.state = 'open') = :is_open
    and d.id < :before_id
    and (w.seen_days is null or d.local_on <@ w.seen_days)
  order by d.id desc
  limit :limit
)
select f.*
from page as p
cross join lateral doubt_fields(p.doubt) as f
order by f.id desc
