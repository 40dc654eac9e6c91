-- Finds the session that follows an id: the one that a job passes over if it cannot be worked on.
-- @param after_id bigint = 0
-- @column id bigint
-- @returns value
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sessions)
-- @budget run: buffers<=10
select min(s.id) as id
from sessions as s
where s.id > :after_id
