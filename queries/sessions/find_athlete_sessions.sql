-- An athlete's sessions of some of the days that the viewer sees, with an exercise or some words in them, newest first.
-- Made by `workouts sql variants` from find_sessions.template: what is changed here is lost.
-- @param viewer_id    bigint = 1
-- @param athlete_id   bigint = 2
-- @param from_on      date? = '2025-01-01'
-- @param to_on        date? = null
-- @param exercise_id  bigint? = null
-- @param words        text? = 'push'
-- @param sport        text? = null
-- @param before_at    timestamptz = 'infinity'
-- @param before_id    bigint = 9223372036854775807
-- @param with_total   boolean = true
-- @param limit        int = 51
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @sample busiest_coach: from_on = null, words = null
-- @sample later_page: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample later_page: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @sample later_page: from_on = null, words = null
-- @sample later_page: before_at = now() - interval '200 days'
-- @sample by_exercise: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample by_exercise: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @sample by_exercise: exercise_id = (select e.exercise_id from session_exercises as e where e.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1) group by 1 order by count(*) desc limit 1)
-- @sample by_exercise: from_on = null, words = null
-- @sample rare_word: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample rare_word: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @sample rare_word: from_on = null, words = 'no such word'
-- @column id bigint!
-- @column started_at timestamptz!
-- @returns many
-- @plan custom
-- @readonly
-- @waive few-filters: five filters of one list; it is planned for the values that are given
-- @budget plan: no_seqscan(sessions, session_exercises)
-- @budget run: buffers<=1000
-- A local day is at most one day away from its day in UTC (a constraint of the table). So the bounds on started_at let
-- the list's index find the days in order, and the condition on the day removes the few extra ones at the ends. That
-- condition compares a difference. If it were a second range, the planner would multiply both, expect a tenth of the
-- rows, and sort instead.
-- The sessions with the exercise are one range of session_exercises_found_by_exercise_idx, read once and hashed.
-- Which days the viewer sees is asked once, and the coalesce is that of list_athlete_sessions.sql.
with
seen as materialized (
  select
    d.days,
    coalesce((lower(d.days) - 1)::timestamp at time zone 'UTC', '-infinity') as from_at,
    coalesce((upper(d.days) + 1)::timestamp at time zone 'UTC', 'infinity') as to_at
  from visible_days_of(:viewer_id, :athlete_id) as d (days)
),
visible_sessions as not materialized (
  select c.*
  from sessions as s
  cross join lateral session_columns(s) as c
  where (select n.from_at is not null from seen as n)  -- asked before any session is read: an unknown athlete is refused
    and s.athlete_id = :athlete_id
    and s.started_at >= (select n.from_at from seen as n)
    and s.started_at < (select n.to_at from seen as n)
    and coalesce(s.local_on <@ (select n.days from seen as n), false)
    and (
      :from_on::date is null
      or (s.started_at >= (:from_on::date - 1) at time zone 'UTC' and s.local_on - :from_on::date >= 0)
    )
    and (
      :to_on::date is null
      or (s.started_at < (:to_on::date + 2) at time zone 'UTC' and s.local_on - :to_on::date <= 0)
    )
    and (
      :exercise_id::bigint is null
      or s.id in (
        select e.session_id
        from session_exercises as e
        where e.athlete_id = :athlete_id
          and e.exercise_id = :exercise_id
      )
    )
    and (:sport::text is null or s.sport = :sport)
    and (
      :words::text is null
      or strpos(lower(s.title || E'\n' || s.notes), lower(:words)) > 0
    )
)
select
  v.*,
  case
    when :with_total
      then (
        select count(*)
        from visible_sessions
      )
  end as total
from visible_sessions as v
where (v.started_at, v.id) < (:before_at, :before_id)
order by v.started_at desc, v.id desc
limit :limit
