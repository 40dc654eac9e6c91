-- The pattern of names of assisted exercises, and their other names; by these an import knows weights that assist.
-- @param athlete_id bigint = (select coalesce(max(a.id), 1) from athletes as a)
-- @param source     text = 'hevy'
-- @sample hundreds_of_own: athlete_id = (select e.athlete_id from exercises as e where e.athlete_id is not null group by 1 order by count(*) desc limit 1)
-- @returns one
-- @column pattern text!
-- @column names   json!
-- @timeout 30min
-- @readonly
-- @budget plan: no_seqscan(exercises, exercise_aliases)
-- @budget run: buffers<=450
-- @budget run(hundreds_of_own): buffers<=9000
-- Matching the pattern is expensive: it is matched once per exercise, and then only with the other names of the few that
-- match. All steps are materialized for that reason. The planner would match every name first, and it would match names of
-- the table's statistics to estimate rows.
with seen_exercises as materialized (
  select x.id, x.name
  from exercises as x
  where coalesce(x.athlete_id, 0) in (0, :athlete_id)
),

assisted_exercises as materialized (
  select x.id
  from seen_exercises as x
  where is_assisted(x.name)
),

known_names as materialized (
  select k.name, k.exercise_id, k.rank
  from exercise_names(:athlete_id, :source) as k
),

meant_exercises as materialized (
  select distinct on (k.name) k.name, k.exercise_id
  from known_names as k
  where k.name in (
    select n.name
    from known_names as n
    join assisted_exercises as x on x.id = n.exercise_id
  )
  order by k.name, k.rank, k.exercise_id
),

other_names as materialized (
  select m.name
  from meant_exercises as m
  join assisted_exercises as x on x.id = m.exercise_id
)

select
  assisted_pattern() as pattern,
  (
    select coalesce(json_agg(n.name), '[]')
    from other_names as n
    where not is_assisted(n.name)
  ) as names
