-- Gives the exercises that an import made the spelling that most sets of the whole file have, as if they were made with it.
-- @param set_counts   jsonb = '{"Sandbag Toss": 3, "sandbag toss": 1}'
-- @param exercise_ids jsonb = '{"Sandbag Toss": 1, "sandbag toss": 1}'
-- @param made_ids     bigint[] = '{}'
-- @returns value
-- @timeout 30min
-- @writes
select count(respelled_exercise(m.exercise_id, m.name)) as respelled
from (
  select distinct on (n.exercise_id) n.exercise_id, n.name
  from (
    select s.name, s.set_count::bigint as set_count, (:exercise_ids ->> s.name)::bigint as exercise_id
    from jsonb_each_text(:set_counts) as s (name, set_count)
  ) as n
  where n.exercise_id = any(:made_ids)
  order by n.exercise_id, n.set_count desc, n.name
) as m
