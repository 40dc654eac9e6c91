-- Finds the exercises that staged sets name, makes the unknown ones, and lists both.
-- A new exercise gets the spelling that is most frequent in the file, and tracks what its sets have. exercise_ids has every spelling of the file; the
-- statements that follow get it, so that the names of the whole catalogue are read once an import.
-- @param import_id  bigint = 1
-- @param athlete_id bigint = 1
-- @param source     text = 'hevy'
-- @param listed     bigint = 500
-- @param most       bigint = 2000
-- @returns one
-- @column exercises_added int!
-- @column name_count      int!
-- @column exercises       json!
-- @column exercise_ids    json!
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_exercises)
with staged_names as materialized (
  select
    s.exercise_name as name,
    sum(cardinality(s.kinds)) as set_count,
    bool_or(0 < any(s.reps)) as has_reps,
    bool_or(0 <> any(s.weights_kg)) as has_weight,
    bool_or(0 < any(s.distances_m)) as has_distance,
    bool_or(0 < any(s.durations_s)) as has_time
  from import_exercises as s
  where s.import_id = :import_id
  group by s.exercise_name
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
  select
    (array_agg(n.name order by n.set_count desc, n.name))[1] as name,
    -- 0 repetitions beside a time or a distance are no number.
    case
      when bool_or(n.has_reps) then 'weight_reps'
      when bool_or(n.has_distance) and bool_or(n.has_weight) then 'weight_distance'
      when bool_or(n.has_distance) then 'distance_time'
      when bool_or(n.has_time) and bool_or(n.has_weight) then 'weight_time'
      when bool_or(n.has_time) then 'time'
      else 'weight_reps'
    end as tracking
  from staged_names as n
  where not (select k.ids from known_exercises as k) ?| array[lower(n.name), folded_name(n.name)]
  group by folded_name(n.name)
),

room as materialized (
  select within_quota('exercises', :athlete_id, :most, (select count(*) from missing_names)) as is_there
),

added_exercises as (
  insert into exercises (athlete_id, name, category, tracking)
  select :athlete_id, m.name, case m.tracking when 'distance_time' then 'cardio' else 'strength' end, m.tracking
  from missing_names as m
  join room as r on r.is_there
  returning id, name
),

made_exercises as materialized (
  select coalesce(jsonb_object_agg(folded_name(a.name), json_build_array(a.id, a.name)), '{}') as parts
  from added_exercises as a
),

matched_names as materialized (
  select
    n.name,
    n.set_count,
    coalesce(
      (select k.ids from known_exercises as k) ->> lower(n.name),
      (select k.ids from known_exercises as k) ->> folded_name(n.name)
    )::bigint as known_id,
    (select m.parts from made_exercises as m) -> folded_name(n.name) as made
  from staged_names as n
)

select
  (select count(*) from added_exercises)::int as exercises_added,
  (select count(*) from staged_names)::int as name_count,
  (
    select
      coalesce(
        json_agg(
          json_build_object(
            'name', n.name,
            'exercise_id', coalesce(n.known_id, (n.made ->> 0)::bigint),
            'exercise_name', coalesce(x.name, n.made ->> 1),
            'is_new', n.known_id is null,
            'is_assisted', is_assisted(n.name) or is_assisted(coalesce(x.name, '')),
            'set_count', n.set_count
          )
          order by n.set_count desc, n.name
        ),
        '[]'
      )
    from (
      select m.name, m.set_count, m.known_id, m.made
      from matched_names as m
      order by m.set_count desc, m.name
      limit :listed
    ) as n
    left join exercises as x on x.id = n.known_id
  ) as exercises,
  (
    select coalesce(json_object_agg(n.name, coalesce(n.known_id, (n.made ->> 0)::bigint)), '{}')
    from matched_names as n
  ) as exercise_ids
