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
-- 404 for a session that the viewer does not see, or a comment that is not there; 403 for one that the viewer only sees.
with visible as materialized (
  select coalesce(min(s.id), no_such('session')) as session_id
  from sessions as s
  where s.id = :session_id
    and (
      s.athlete_id = (
        select a.id
        from athletes as a
        where a.user_id = :viewer_id
      )
      or sees_day(:viewer_id, s.athlete_id, s.local_on)
    )
),
seen as materialized (
  select
    c.id,
    c.author_id = :viewer_id or coalesce(c.athlete_id = own.id, false) as is_deletable
  from visible as v
  join session_comments as c on c.session_id = v.session_id
  left join athletes as own on own.user_id = :viewer_id
  where c.id = :comment_id
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
