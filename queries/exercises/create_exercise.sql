-- Adds an own exercise for the viewer, with its muscles and other names.
-- @param viewer_id  bigint = 1
-- @param exercise   json = '{"name": "Zercher Squat", "equipment": "barbell", "category": "strength", "mechanic": "compound", "tracking": "weight_reps", "is_per_hand": false, "is_one_sided": false, "muscles": [{"muscle": "chest", "share": 1}], "muscle_shares": [{"code": "chest_mid", "share": 1}], "aliases": ["Zerchers"]}'
-- @param most       bigint = 2000
-- @sample hundreds_of_own: viewer_id = (select a.user_id from athletes as a join exercises as e on e.athlete_id = a.id where a.user_id > 0 group by 1 order by count(*) desc limit 1)
-- @column id bigint!
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget run: buffers<=200
-- Muscles come by name, by code, or both. What is missing follows from the other: a name stands for its usual code, and
-- has the largest share of its codes.
with given_muscles as materialized (
  select g.muscle_id, g.muscle, g.share
  from muscles_in(:exercise) as g
),
coded_muscles as materialized (
  select g.code, g.muscle_group, g.share
  from muscle_shares_in(:exercise) as g
),
given_aliases as materialized (
  select distinct g.alias
  from json_array_elements_text(:exercise -> 'aliases') as g (alias)
),
made as (
  insert into exercises as x (
    athlete_id, name, equipment, category, mechanic, tracking, bodyweight_factor, is_per_hand, is_one_sided
  )
  select
    a.id,
    g.name,
    g.equipment,
    g.category,
    g.mechanic,
    coalesce(g.tracking, usual_tracking(g.category)),
    g.bodyweight_factor,
    g.is_per_hand,
    g.is_one_sided
  from athletes as a
  cross join json_to_record(:exercise) as g (
    name text,
    equipment text,
    category text,
    mechanic text,
    tracking text,
    bodyweight_factor float8,
    is_per_hand boolean,
    is_one_sided boolean
  )
  where a.user_id = :viewer_id
    and within_quota('exercises', a.id, :most)
  returning x as exercise
),
made_muscles as (
  insert into exercise_muscles (exercise_id, muscle_id, share)
  select
    (m.exercise).id,
    g.muscle_id,
    g.share
  from made as m
  cross join given_muscles as g
),
made_shares as (
  insert into exercise_muscle_shares (exercise_id, code, share)
  select
    (m.exercise).id,
    g.code,
    g.share
  from made as m
  cross join coded_muscles as g
),
made_aliases as (
  insert into exercise_aliases (exercise_id, source, alias)
  select
    (m.exercise).id,
    'own',
    g.alias
  from made as m
  cross join given_aliases as g
)
select
  (m.exercise).id,
  (m.exercise).version,
  keep_reply(
    exercise_json(
      m.exercise,
      (
        select json_agg(muscle_json(g.muscle, g.share) order by g.share desc, g.muscle)
        from given_muscles as g
      ),
      (
        select json_agg(muscle_share_json(g.code, g.muscle_group, g.share) order by g.share desc, g.code)
        from coded_muscles as g
      ),
      array(
        select g.alias
        from given_aliases as g
        order by g.alias
      )
    )
  ) as reply
from made as m
