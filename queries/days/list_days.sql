-- An athlete's days with values that the viewer sees, newest first, a page at a time.
-- @param viewer_id  bigint = 1
-- @param athlete_id bigint = 0
-- @param from_on    date = '-infinity'
-- @param to_on      date = 'infinity'
-- @param before_on  date = 'infinity'
-- @param limit      int = 51
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select v.athlete_id from day_values as v join athletes as b on b.id = v.athlete_id and b.user_id is not null group by 1 order by count(*) desc limit 1))
-- @sample later_page: viewer_id = (select a.user_id from athletes as a where a.id = (select v.athlete_id from day_values as v join athletes as b on b.id = v.athlete_id and b.user_id is not null group by 1 order by count(*) desc limit 1))
-- @sample later_page: before_on = current_date - 200
-- @sample busiest_coach: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join team_members as m using (team_id) where m.user_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1) limit 1)
-- @sample newcomer: viewer_id = (select max(u.id) from users as u)
-- @column local_on date!
-- @column values json!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(day_values)
-- @budget run: buffers<=60
-- Athlete 0 is the viewer's own. The index has a day's values side by side, in
-- the order of the list: a page reads no more than its days.
with whose as materialized (
  select a.id, coalesce(a.seen_days, '{(,)}') as seen_days
  from athlete_asked_for(:viewer_id, :athlete_id) as a
)

select
  v.local_on,
  d.reply -> 'values' as values,
  (d.reply ->> 'hooper_index')::int as hooper_index,
  (d.reply ->> 'mclean_total')::int as mclean_total
from (
  select
    x.local_on,
    jsonb_object_agg(x.kind, x.value) as day_values
  from day_values as x
  where (select w.id is not null from whose as w)  -- asked before any day is read: an unknown athlete is refused
    and x.athlete_id = (select w.id from whose as w)
    and x.local_on between :from_on and :to_on
    and x.local_on < :before_on
    and x.local_on <@ (select w.seen_days from whose as w)
  group by x.local_on
  order by x.local_on desc
  limit :limit
) as v
cross join lateral day_json(v.local_on, v.day_values) as d (reply)
order by v.local_on desc
