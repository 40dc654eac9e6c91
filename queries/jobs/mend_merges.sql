-- Moves what still stands at merged exercises to the ends of their chains, and gives the sessions that this changed.
-- @column mended bigint[]!
-- @returns value
-- @writes
-- @budget run: buffers<=100
-- A merge moves what it sees. What is written at the same moment waits for the merge, and then stands at the exercise that it
-- named. It stays at the other one when the merge is undone, like all that came in since.
with moved as (
  update session_exercises as e
  set exercise_id = m.into_id
  from (
    select x.id, x.athlete_id, merged_exercise_id(x.id) as into_id
    from exercises as x
    where x.merged_into is not null
  ) as m
  where e.exercise_id = m.id
    and e.athlete_id = m.athlete_id
    and m.into_id <> m.id
  returning e.session_id
),
ids as materialized (
  select coalesce(array_agg(distinct o.session_id), '{}') as ids
  from moved as o
)
select i.ids as mended
from ids as i
cross join raise_sessions(i.ids)
