-- The viewer's and the shared exercises whose name or alias is like some words, best match first.
-- @param viewer_id  bigint = 1
-- @param words      text = 'bench press'
-- @param limit      int = 50
-- @column id bigint!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(exercises)
-- @budget run: buffers<=300
-- Best match first is an order that no cursor can go on in, so it is one bounded list. How exercises are found, by their
-- trigram indexes, stands in migrations/repeatable/exercise_search.sql.
select
  x.id,
  x.name,
  x.equipment,
  x.category,
  x.mechanic,
  x.athlete_id is not null as is_own,
  x.is_archived,
  x.merged_into,
  x.version,
  x.created_at,
  x.updated_at
from exercises_named_like(:viewer_id, :words) as found
cross join lateral (
  select
    e.id,
    e.athlete_id,
    e.name,
    e.equipment,
    e.category,
    e.mechanic,
    e.is_archived,
    e.merged_into,
    e.version,
    e.created_at,
    e.updated_at
  from exercises as e
  where e.id = found.exercise_id
  limit 1
) as x
order by found.score desc, lower(x.name), x.id
limit :limit
