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
select x.*
from exercises_named_like(:viewer_id, :words) as found
cross join lateral (
  select c.*
  from exercises as e
  cross join lateral exercise_columns(e) as c
  where e.id = found.exercise_id
  limit 1
) as x
order by found.score desc, lower(x.name), x.id
limit :limit
