-- The exercises that the viewer has done, most used first, a page at a time.
-- Made by `workouts sql variants` from list_used.template: what is changed here is lost.
-- @param viewer_id     bigint = 1
-- @param after_count bigint = 9007199254740991
-- @param after_id      bigint = 9007199254740991
-- @param limit         int = 51
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample newcomer: viewer_id = (select max(u.id) from users as u)
-- @column id bigint!
-- @column last_used_on date!
-- @column session_count bigint!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sets, session_exercises, exercises)
-- @budget run: buffers<=3500
-- An athlete's exercises are found by one look-up each: the index of their sets is skipped through.
with recursive own as materialized (
  select a.id
  from athletes as a
  where a.user_id = :viewer_id
),
done as (
  (
    select s.exercise_id
    from sets as s
    where s.athlete_id = (select o.id from own as o)
    order by s.exercise_id
    limit 1
  )
  union all
  select n.exercise_id
  from done as d
  cross join lateral (
    select s.exercise_id
    from sets as s
    where s.athlete_id = (select o.id from own as o)
      and s.exercise_id > d.exercise_id
    order by s.exercise_id
    limit 1
  ) as n
)
select x.*
from (
  select
    c.*,
    l.last_used_on,
    n.session_count
  from done as d
  cross join lateral (
    select max(s.local_on) as last_used_on
    from sets as s
    where s.athlete_id = (select o.id from own as o)
      and s.exercise_id = d.exercise_id
  ) as l
  cross join lateral (
    select count(*) as session_count
    from session_exercises as w
    where w.exercise_id = d.exercise_id
      and w.athlete_id = (select o.id from own as o)
  ) as n
  join exercises as e on e.id = d.exercise_id
  cross join lateral exercise_columns(e) as c
  where not e.is_archived
) as x
where (x.session_count, x.id) < (:after_count, :after_id)
order by x.session_count desc, x.id desc
limit :limit
