-- One import of the viewer's own training: its report.
-- @param viewer_id bigint = 1
-- @param import_id bigint = 1
-- @returns one
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(imports)
-- @budget run: buffers<=8
select
  i.id,
  i.state,
  i.source,
  i.file_name,
  i.zone,
  i.sessions_added,
  i.sessions_completed,
  i.sets_added,
  i.exercises_added,
  i.duplicates,
  i.rejected::json as rejected,
  i.notices::json as notices,
  i.exercises::json as exercises,
  i.created_at,
  i.finished_at
from imports as i
join athletes as a on a.id = i.athlete_id
where a.user_id = :viewer_id
  and i.id = :import_id
