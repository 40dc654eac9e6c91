-- The exercises that an athlete has done on the days that the viewer sees, last used first, a page at a time.
-- Made by `workouts sql variants` from list_used.template: what is changed here is lost.
-- @param viewer_id     bigint = 1
-- @param athlete_id    bigint = 0
-- @param after_used_on date = 'infinity'
-- @param after_id      bigint = 9007199254740991
-- @param limit         int = 51
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample later_page: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample later_page: after_used_on = current_date - 200
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @sample newcomer: viewer_id = (select max(u.id) from users as u)
-- @column id bigint!
-- @column last_used_on date!
-- @column session_count bigint!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sets, session_exercises, exercises)
-- @budget run: buffers<=2300
-- Athlete 0 is the viewer's own. What was only planned is not listed, and counts in no date and number; nor do days that the
-- viewer does not see.
with whose as materialized (
  select a.id, a.seen_days
  from athlete_asked_for(:viewer_id, :athlete_id) as a
),
done as materialized (
  select
    t.exercise_id,
    max(t.local_on) as last_used_on,
    count(distinct t.local_on) filter (where t.session_id is null) + count(distinct t.session_id) as session_count
  from whose as w
  cross join lateral done_sets(w.id) as t
  where w.seen_days is null or t.local_on <@ w.seen_days
  group by t.exercise_id
)
select x.*
from (
  select
    c.*,
    d.last_used_on,
    d.session_count
  from done as d
  join exercises as e on e.id = d.exercise_id
  cross join lateral exercise_columns(e) as c
  where not e.is_archived
) as x
where (x.last_used_on, x.id) < (:after_used_on, :after_id)
order by x.last_used_on desc, x.id desc
limit :limit
