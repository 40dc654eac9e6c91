-- The report of one import of the viewer's own training.
-- @param viewer_id bigint = 1
-- @param import_id bigint = 1
-- @returns one
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(imports)
-- @budget run: buffers<=8
select
  c.*,
  i.rejected::json as rejected,
  i.notices::json as notices,
  i.exercises::json as exercises
from imports as i
cross join lateral import_columns(i) as c
join athletes as a on a.id = i.athlete_id
where a.user_id = :viewer_id
  and i.id = :import_id
