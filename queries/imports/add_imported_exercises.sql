-- Adds the exercises of the sessions that an import added or completed; each name stands for its best match.
-- @param import_id    bigint = 1
-- @param athlete_id   bigint = 1
-- @param exercise_ids jsonb = '{}'
-- @returns rows_affected
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_exercises, import_sessions)
insert into session_exercises (
  session_id, athlete_id, local_on, exercise_no, position, exercise_id, superset, notes
)
select
  a.session_id,
  :athlete_id,
  s.local_on,
  s.exercise_no,
  s.exercise_no as position,
  (:exercise_ids ->> s.exercise_name)::bigint,
  s.superset,
  s.exercise_notes
from import_sessions as a
cross join lateral (
  select w.local_on, t.exercise_no, t.exercise_name, t.superset, t.exercise_notes
  from sessions as w
  join import_exercises as t on t.source_key = a.source_key
  where w.id = a.session_id
    and t.import_id = :import_id
  offset 0
) as s
where a.import_id = :import_id
  and a.fate in ('new', 'completed')
