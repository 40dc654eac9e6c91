-- Lists the exercises that a file names, those with the most sets first.
-- @param set_counts   jsonb = '{"Squat (Barbell)": 3}'
-- @param exercise_ids jsonb = '{"Squat (Barbell)": 1}'
-- @param made_ids     bigint[] = '{}'
-- @param listed       bigint = 500
-- @returns one
-- @column exercises json!
-- @timeout 30min
-- @readonly
select
  coalesce(
    json_agg(
      json_build_object(
        'name', n.name,
        'exercise_id', n.exercise_id,
        'exercise_name', x.name,
        'is_new', n.exercise_id = any(:made_ids),
        'is_assisted', is_assisted(n.name) or is_assisted(x.name),
        'set_count', n.set_count
      )
      order by n.set_count desc, n.name
    ),
    '[]'
  ) as exercises
from (
  select s.name, s.set_count::bigint as set_count, (:exercise_ids ->> s.name)::bigint as exercise_id
  from jsonb_each_text(:set_counts) as s (name, set_count)
  order by s.set_count::bigint desc, s.name
  limit :listed
) as n
join exercises as x on x.id = n.exercise_id
