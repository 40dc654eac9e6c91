-- An athlete's sessions on the days that the viewer sees, newest first, a page at a time.
-- @param viewer_id   bigint = 1
-- @param athlete_id  bigint = 2
-- @param before_at   timestamptz = 'infinity'
-- @param before_id   bigint = 9223372036854775807
-- @param limit       int = 51
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @sample later_page: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample later_page: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @sample later_page: before_at = now() - interval '200 days'
-- @column id bigint!
-- @column started_at timestamptz!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sessions)
-- @budget run: buffers<=120
-- It starts from the ranges of visible days and reads a page of each. Starting from the sessions, it would read and drop
-- every session between two stays. A local day is at most one day away from its day in UTC (a constraint of the table).
-- So the list's index finds the sessions of a range in order. Without the coalesce the planner would expect one row, and
-- sort.
select s.*
from unnest(visible_days_of(:viewer_id, :athlete_id)) as v (days)
cross join lateral (
  select
    v.days,
    coalesce((lower(v.days) - 1)::timestamp at time zone 'UTC', '-infinity') as from_at,
    coalesce((upper(v.days) + 1)::timestamp at time zone 'UTC', 'infinity') as to_at
) as stretch
cross join lateral (
  select c.*
  from sessions as x
  cross join lateral session_columns(x) as c
  where x.athlete_id = :athlete_id
    and x.started_at >= stretch.from_at
    and (x.started_at, x.id) < (
      least(:before_at, stretch.to_at),
      case when :before_at < stretch.to_at then :before_id else 0::bigint end
    )
    and coalesce(x.local_on <@ stretch.days, false)
  order by x.started_at desc, x.id desc
  limit :limit
) as s
order by s.started_at desc, s.id desc
limit :limit
