-- The comments on a session that the viewer sees, oldest first, a page at a time.
-- @param viewer_id  bigint = 1
-- @param session_id bigint = 1
-- @param after_id   bigint = 0
-- @param limit      int = 51
-- @sample largest: viewer_id = (select a.user_id from athletes as a join sessions as s on s.athlete_id = a.id order by s.set_count desc, s.id limit 1)
-- @sample largest: session_id = (select s.id from sessions as s order by s.set_count desc, s.id limit 1)
-- @sample later_page: viewer_id = (select a.user_id from athletes as a join sessions as s on s.athlete_id = a.id order by s.set_count desc, s.id limit 1)
-- @sample later_page: session_id = (select s.id from sessions as s order by s.set_count desc, s.id limit 1)
-- @sample later_page: after_id = 100
-- @column id bigint!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sessions)
-- @budget run: buffers<=170
select f.*
from session_comments as c
cross join lateral comment_fields(c, :viewer_id) as f
where (
    -- Of no row: decided before anything is read. In a join the plan would decide whether.
    select coalesce(min(s.id), no_such('session')) is not null
    from session_seen_by(:viewer_id, :session_id) as s
  )
  and c.session_id = :session_id
  and c.id > :after_id
order by c.id
limit :limit
