-- Moves somebody's own exercise into the shared catalogue, with its names; its history stays where it is.
-- @param exercise_id bigint = (select coalesce(min(e.id), 0) from exercises as e where e.athlete_id is not null)
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(exercises, exercise_aliases)
-- The source of an alias says whose it is: 'any' for a shared exercise.
with target as materialized (
  select x.id
  from exercises as x
  where x.id = :exercise_id
    and (x.merged_into is null or clash('exercise_id', 'The exercise is merged into another.') is null)
  for update
),
names as (
  update exercise_aliases as n
  set source = 'any'
  from target as t
  where n.exercise_id = t.id
    and n.source = 'own'
),
shared as (
  update exercises as x
  set athlete_id = null,
      version = x.version + (x.athlete_id is not null)::int,
      updated_at = case when x.athlete_id is null then x.updated_at else now() end
  from target as t
  where x.id = t.id
  returning x as exercise
)
select
  (s.exercise).version,
  keep_reply(exercise_reply(s.exercise)) as reply
from shared as s
