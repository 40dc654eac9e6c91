-- The viewer's own exercises that have no muscles, such as names of files that no import knew; each with shared ones like it.
-- @param viewer_id   bigint = 1
-- @param after_name  text = ''
-- @param after_id    bigint = 0
-- @param limit       int = 21
-- @param proposed    int = 5
-- @sample hundreds_of_own: viewer_id = (select a.user_id from athletes as a join exercises as e on e.athlete_id = a.id where a.user_id > 0 group by 1 order by count(*) desc limit 1)
-- @sample later_page: viewer_id = (select a.user_id from athletes as a join exercises as e on e.athlete_id = a.id where a.user_id > 0 group by 1 order by count(*) desc limit 1)
-- @sample later_page: after_name = 'm'
-- @sample newcomer: viewer_id = (select max(u.id) from users as u)
-- @column id bigint!
-- @column name text!
-- @column set_count bigint!
-- @column proposals json!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(exercises, exercise_muscle_shares, sets)
-- @budget run: buffers<=12000
-- Merged and archived ones are left out, so a merge or an archive takes an exercise off this list.
with done as materialized (
  select t.exercise_id, count(*) as set_count
  from athletes as a
  cross join lateral done_sets(a.id) as t
  where a.user_id = :viewer_id
  group by t.exercise_id
)
select
  c.*,
  coalesce(d.set_count, 0) as set_count,
  p.proposals
from (
  select e as exercise
  from exercises as e
  where coalesce(e.athlete_id, 0) = (
      select a.id
      from athletes as a
      where a.user_id = :viewer_id
    )
    and (lower(e.name), e.id) > (lower(:after_name), :after_id)
    and e.merged_into is null
    and not e.is_archived
    and not exists (
      select
      from exercise_muscle_shares as s
      where s.exercise_id = e.id
    )
  order by lower(e.name), e.id
  limit :limit
) as x
cross join lateral exercise_columns(x.exercise) as c
left join done as d on d.exercise_id = (x.exercise).id
cross join lateral exercises_proposed_for((x.exercise).name, :proposed) as p (proposals)
order by lower(c.name), c.id
