-- The pattern of names of assisted exercises, and their other names; by these an import knows weights that assist.
-- @param athlete_id bigint = 1
-- @param source     text = 'hevy'
-- @returns one
-- @column pattern text!
-- @column names   json!
-- @timeout 30min
-- @readonly
-- The pattern is matched once per exercise and not once per name, because matching is expensive.
with assisted_exercises as materialized (
  select x.id
  from exercises as x
  where (x.athlete_id is null or x.athlete_id = :athlete_id)
    and is_assisted(x.name)
),
meant_exercises as (
  select distinct on (k.name) k.name, k.exercise_id
  from exercise_names(:athlete_id, :source) as k
  order by k.name, k.rank, k.exercise_id
)

select
  assisted_pattern() as pattern,
  (
    select coalesce(json_agg(m.name), '[]')
    from meant_exercises as m
    join assisted_exercises as x on x.id = m.exercise_id
    where not is_assisted(m.name)
  ) as names
