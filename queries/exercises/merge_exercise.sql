-- Merges an own exercise into another one: its history moves there, and its names mean that one.
-- @param viewer_id   bigint = 1
-- @param exercise_id bigint = (select coalesce(min(e.id), 0) from exercises as e join athletes as a on a.id = e.athlete_id where a.user_id = 1 and e.merged_into is null)
-- @param into_id     bigint = 1
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample heavy_athlete: exercise_id = (select min(e.id) from exercises as e where e.athlete_id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @timeout 20s
-- @writes
-- @budget plan: no_seqscan(exercises, session_exercises)
-- The function is in migrations/repeatable/exercise_merges.sql: it locks first and then reads.
select
  m.version,
  keep_reply(exercise_reply(m)) as reply
from merge_exercise(:viewer_id, :exercise_id, :into_id) as m
