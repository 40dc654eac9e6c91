-- The comments on a session that the viewer sees, oldest first, a page at a time.
-- @param viewer_id  bigint = 1
-- @param session_id bigint = 1
-- @param after_id   bigint = 0
-- @param limit      int = 51
-- @sample largest: viewer_id = (select a.user_id from athletes as a join sessions as s on s.athlete_id = a.id order by s.set_count desc, s.id limit 1)
-- @sample largest: session_id = (select s.id from sessions as s order by s.set_count desc, s.id limit 1)
-- @column id bigint!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sessions)
-- @budget run: buffers<=170
select f.*
from (
  select coalesce(
    (
      select s.id
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
    no_such('session')
  ) as session_id
) as seen
join session_comments as c on c.session_id = seen.session_id and c.id > :after_id
cross join lateral comment_fields(c, :viewer_id) as f
order by c.id
limit :limit
