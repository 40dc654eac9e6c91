-- How an import tells help from weight: the pattern of assisted names, and what else such exercises are called.
-- @param athlete_id bigint = 1
-- @param source     text = 'hevy'
-- @returns one
-- @column pattern text!
-- @column names   json!
-- @timeout 30min
-- @readonly
with meant_exercises as (
  select distinct on (k.name) k.name, x.name as exercise
  from exercise_names(:athlete_id, :source) as k
  join exercises as x on x.id = k.exercise_id
  order by k.name, k.rank, k.exercise_id
)

select
  assisted_pattern() as pattern,
  (
    select coalesce(json_agg(m.name), '[]')
    from meant_exercises as m
    where is_assisted(m.exercise)
      and not is_assisted(m.name)
  ) as names
