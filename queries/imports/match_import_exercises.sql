-- Finds the exercises that a file, or a part of it, names, and makes the unknown ones.
-- A new exercise gets the spelling that most of these sets have. exercise_ids has every spelling; the statements that follow
-- get it, so that the names of the whole catalogue are read once for them.
-- @param athlete_id bigint = 1
-- @param source     text = 'hevy'
-- @param set_counts jsonb = '{"Squat (Barbell)": 3}'
-- @param most       bigint = 2000
-- @returns one
-- @column exercise_ids json!
-- @column made_ids     bigint[]!
-- @timeout 30min
-- @writes
with staged_names as materialized (
  select n.name, n.set_count::bigint as set_count
  from jsonb_each_text(:set_counts) as n (name, set_count)
),

known_exercises as materialized (
  select coalesce(jsonb_object_agg(k.name, k.exercise_id order by k.rank desc, k.exercise_id desc), '{}') as ids
  from exercise_names(:athlete_id, :source) as k
  where k.name in (
    select lower(n.name)
    from staged_names as n
    union all
    select folded_name(n.name)
    from staged_names as n
  )
),

missing_names as materialized (
  select (array_agg(n.name order by n.set_count desc, n.name))[1] as name
  from staged_names as n
  where not (select k.ids from known_exercises as k) ?| array[lower(n.name), folded_name(n.name)]
  group by folded_name(n.name)
),

room as materialized (
  select within_quota('exercises', :athlete_id, :most, (select count(*) from missing_names)) as is_there
),

added_exercises as (
  insert into exercises (athlete_id, name)
  select :athlete_id, m.name
  from missing_names as m
  join room as r on r.is_there
  returning id, name
),

made_exercises as materialized (
  select coalesce(jsonb_object_agg(folded_name(a.name), a.id), '{}') as ids
  from added_exercises as a
),

matched_names as materialized (
  select
    n.name,
    coalesce(
      (select k.ids from known_exercises as k) ->> lower(n.name),
      (select k.ids from known_exercises as k) ->> folded_name(n.name),
      (select m.ids from made_exercises as m) ->> folded_name(n.name)
    )::bigint as exercise_id
  from staged_names as n
)

select
  (select coalesce(json_object_agg(m.name, m.exercise_id), '{}') from matched_names as m) as exercise_ids,
  array(select a.id from added_exercises as a) as made_ids
