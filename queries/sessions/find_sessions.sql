-- An athlete's own sessions of some days, with an exercise or some words in them, newest first, a page at a time.
-- Made by `workouts sql variants` from find_sessions.template: what is changed here is lost.
-- @param viewer_id    bigint = 1
-- @param from_on      date? = '2025-01-01'
-- @param to_on        date? = null
-- @param exercise_id  bigint? = null
-- @param words        text? = 'push'
-- @param sport        text? = null
-- @param before_at    timestamptz = 'infinity'
-- @param before_id    bigint = 9223372036854775807
-- @param with_total   boolean = true
-- @param limit        int = 51
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample heavy_athlete: from_on = null, words = null
-- @sample later_page: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample later_page: from_on = null, words = null
-- @sample later_page: before_at = now() - interval '200 days'
-- @sample by_exercise: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample by_exercise: exercise_id = (select e.exercise_id from session_exercises as e where e.athlete_id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1) group by 1 order by count(*) desc limit 1)
-- @sample by_exercise: from_on = null, words = null
-- @sample rare_word: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample rare_word: from_on = null, words = 'no such word'
-- @sample newcomer: viewer_id = (select max(u.id) from users as u), from_on = null
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
with
visible_sessions as not materialized (
  select c.*
  from sessions as s
  cross join lateral session_columns(s) as c
  where s.athlete_id = (
      select a.id
      from athletes as a
      where a.user_id = :viewer_id
    )
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
        join athletes as a on a.id = e.athlete_id
        where a.user_id = :viewer_id
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
