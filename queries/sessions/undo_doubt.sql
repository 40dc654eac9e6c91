-- Undoes the decision of a doubt: what was stored before comes back, and the doubt is open again; 404 without a decision.
-- @param viewer_id bigint = 1
-- @param doubt_id  bigint = (select coalesce(min(d.id), 0) from doubts as d join athletes as a on a.id = d.athlete_id where a.user_id = 1 and d.state <> 'open')
-- @column id bigint!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(sessions, sets, doubts)
-- @budget run: buffers<=240
select f.*
from undo_doubt(:viewer_id, :doubt_id) as d
cross join lateral doubt_fields(d) as f
