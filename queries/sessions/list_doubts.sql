-- What is doubtful about an athlete's training, open or decided, newest first, a page at a time.
-- @param viewer_id  bigint = 1
-- @param athlete_id bigint = 0
-- @param is_open    boolean = true
-- @param from_on    date = '-infinity'
-- @param to_on      date = 'infinity'
-- @param before_id  bigint = 9007199254740991
-- @param limit      int = 51
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample later_page: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample later_page: before_id = (select max(x.id) / 2 from sessions as x)
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @column id bigint!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sessions, session_exercises, sets, exercises)
-- @budget run: buffers<=600
-- Athlete 0 is the viewer's own: a nullable parameter would need custom plans. seen_days null: the viewer sees all days.
-- Others are told only of doubts behind which there is no day that they do not see.
with who as materialized (
  select a.id, a.seen_days
  from athlete_asked_for(:viewer_id, :athlete_id) as a
),
page as materialized (
  select d as doubt
  from doubts as d
  where (select w.id is not null from who as w)  -- asked before any doubt is read: an unknown athlete is refused
    and d.athlete_id = (select w.id from who as w)
    and (d.state = 'open') = :is_open
    and d.local_on between :from_on and :to_on
    and d.id < :before_id
    and (
      (select w.seen_days is null from who as w)
      or days_behind(d.rule, d.local_on) <@ (select w.seen_days from who as w)
    )
  order by d.id desc
  limit :limit
)
select f.*
from page as p
cross join lateral doubt_fields(p.doubt) as f
order by f.id desc
