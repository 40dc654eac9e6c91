-- Adds an own exercise for the viewer, with its muscles and other names.
-- @param viewer_id  bigint = 1
-- @param exercise   json = '{"name": "Zercher Squat", "equipment": "barbell", "category": "strength", "mechanic": "compound", "muscles": [{"muscle": "chest", "share": 1}], "aliases": ["Zerchers"]}'
-- @param most       bigint = 2000
-- @sample hundreds_of_own: viewer_id = (select a.user_id from athletes as a join exercises as e on e.athlete_id = a.id where a.user_id > 0 group by 1 order by count(*) desc limit 1)
-- @column id bigint!
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget run: buffers<=150
with given_muscles as materialized (
  select
    coalesce(
      (
        select m.id
        from muscles as m
        where m.name = g.muscle
      ),
      refuse('muscles.' || g.place - 1 || '.muscle', 'There is no such muscle.')::smallint
    ) as muscle_id,
    g.muscle,
    g.share
  from rows from (
    json_to_recordset(:exercise -> 'muscles') as (muscle text, share float8)
  ) with ordinality as g (muscle, share, place)
),
given_aliases as materialized (
  select distinct g.alias
  from json_array_elements_text(:exercise -> 'aliases') as g (alias)
),
made as (
  insert into exercises as x (athlete_id, name, equipment, category, mechanic)
  select
    a.id,
    g.name,
    g.equipment,
    g.category,
    g.mechanic
  from athletes as a
  cross join json_to_record(:exercise) as g (
    name text,
    equipment text,
    category text,
    mechanic text
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
      array(
        select g.alias
        from given_aliases as g
        order by g.alias
      )
    )
  ) as reply
from made as m
