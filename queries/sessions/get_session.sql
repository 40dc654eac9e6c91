-- One workout session with its exercises and sets, for its athlete and for others who see that day of the training.
-- @param viewer_id   bigint = 1
-- @param session_id  bigint = 1
-- @sample largest: viewer_id = (select a.user_id from athletes as a join sessions as s on s.athlete_id = a.id order by s.set_count desc, s.id limit 1)
-- @sample largest: session_id = (select s.id from sessions as s order by s.set_count desc, s.id limit 1)
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: session_id = (select max(s.id) from sessions as s where s.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @column id bigint!
-- @column version integer!
-- @returns one
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sessions, session_exercises, sets, exercises)
-- @budget run: buffers<=80
-- The function is called only for another athlete's session. As inline SQL it would cost time for own sessions as well.
select
  c.*,
  s.client_key,
  coalesce(parts.exercises, '[]') as exercises
from sessions as s
cross join lateral session_columns(s) as c
cross join lateral exercises_of_session(s.id) as parts
where s.id = :session_id
  and (
    s.athlete_id = (
      select a.id
      from athletes as a
      where a.user_id = :viewer_id
    )
    or sees_day(:viewer_id, s.athlete_id, s.local_on)
  )
