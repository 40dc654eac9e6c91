-- All of an athlete's own sessions, newest first, a page at a time.
-- @param viewer_id  bigint = 1
-- @param before_at  timestamptz = 'infinity'
-- @param before_id  bigint = 9223372036854775807
-- @param limit      int = 51
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample later_page: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample later_page: before_at = now() - interval '200 days'
-- @sample newcomer: viewer_id = (select max(u.id) from users as u)
-- @column id bigint!
-- @column started_at timestamptz!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sessions)
-- @budget run: buffers<=60
-- It has no filters, so one generic plan serves every page. find_sessions.sql has the filters and is planned each time.
select c.*
from sessions as s
cross join lateral session_columns(s) as c
where s.athlete_id = (
    select a.id
    from athletes as a
    where a.user_id = :viewer_id
  )
  and (s.started_at, s.id) < (:before_at, :before_id)
order by s.started_at desc, s.id desc
limit :limit
