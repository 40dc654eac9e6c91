-- Decides a doubt: it is right, its proposal is accepted, its set is fixed with other fields, or deleted.
-- @param viewer_id bigint = 1
-- @param doubt_id  bigint = (select coalesce(min(d.id), 0) from doubts as d join athletes as a on a.id = d.athlete_id where a.user_id = 1 and d.state = 'open')
-- @param action    text = 'keep'
-- @param fields    json = '{}'
-- @column id bigint!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(sessions, sets, doubts)
-- @budget run: buffers<=500
select f.*
from decide_doubt(:viewer_id, :doubt_id, :action, :fields) as d
cross join lateral doubt_fields(d) as f
