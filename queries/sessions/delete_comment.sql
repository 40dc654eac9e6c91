-- Deletes a comment: its author may, and the athlete on whose session it stands.
-- @param viewer_id  bigint = 1
-- @param session_id bigint = 1
-- @param comment_id bigint = (select coalesce(min(c.id), 0) from session_comments as c)
-- @column id bigint
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(sessions, session_comments)
-- @budget run: buffers<=100
-- 404 for a comment that the viewer does not see; 403 for one that the viewer only sees.
with seen as materialized (
  select
    c.id,
    c.author_id = :viewer_id or coalesce(c.athlete_id = own.id, false) as is_deletable
  from session_comments as c
  left join athletes as own on own.user_id = :viewer_id
  where c.id = :comment_id
    and c.session_id = :session_id
    and (c.athlete_id = own.id or sees_day(:viewer_id, c.athlete_id, c.local_on))
),
gone as (
  delete from session_comments as c
  using seen as s
  where c.id = s.id
    and (s.is_deletable or forbidden_if(true))
  returning c.id
)
select g.id
from gone as g
