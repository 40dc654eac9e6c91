-- Ends an import with its report, and empties its staging.
-- @param import_id       bigint = 1
-- @param state           text = 'done'
-- @param zone            text = 'Europe/Berlin'
-- @param sessions_added  int = 1
-- @param sessions_completed int = 0
-- @param sets_added      int = 20
-- @param exercises_added int = 0
-- @param duplicates      int = 0
-- @param rejected        json = '[{"line": 3, "reason": "reps holds ''x'': expected a number from 0 to 9,999."}]'
-- @param notices         json = '[]'
-- @param exercises       json = '[]'
-- @returns one
-- @column reply json!
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_exercises, import_sessions)
with emptied as (
  delete from import_exercises
  where import_id = :import_id
),

forgotten as (
  delete from import_sessions
  where import_id = :import_id
)

update imports as i
set state = :state,
    zone = :zone,
    sessions_added = :sessions_added,
    sessions_completed = :sessions_completed,
    sets_added = :sets_added,
    exercises_added = :exercises_added,
    duplicates = :duplicates,
    rejected = :rejected::jsonb,
    notices = :notices::jsonb,
    exercises = :exercises::jsonb,
    finished_at = clock_timestamp()
where i.id = :import_id
returning keep_reply(import_json(i)) as reply
