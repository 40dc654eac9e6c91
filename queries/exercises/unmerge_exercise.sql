-- Undoes the merge of an own exercise: what it moved comes back. Without a merge nothing changes.
-- @param viewer_id   bigint = 1
-- @param exercise_id bigint = (select coalesce(min(e.id), 0) from exercises as e join athletes as a on a.id = e.athlete_id where a.user_id = 1)
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @timeout 20s
-- @writes
-- @budget plan: no_seqscan(exercises, session_exercises)
select
  m.version,
  exercise_reply(m) as reply
from unmerge_exercise(:viewer_id, :exercise_id) as m
