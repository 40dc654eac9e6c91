-- One workout session with its exercises, sets and laps, for its athlete and for others who see that day of the training.
-- @param viewer_id   bigint = 1
-- @param session_id  bigint = 1
-- @sample largest: viewer_id = (select a.user_id from athletes as a join sessions as s on s.athlete_id = a.id order by s.set_count desc, s.id limit 1)
-- @sample largest: session_id = (select s.id from sessions as s order by s.set_count desc, s.id limit 1)
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: session_id = (select max(s.id) from sessions as s where s.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sessions, session_exercises, sets, exercises, laps)
-- @budget run: buffers<=80
select
  s.version,
  session_json(s, parts.exercises, rounds.laps) as reply
from session_seen_by(:viewer_id, :session_id) as s
cross join lateral exercises_of_session(s.id) as parts
cross join lateral laps_of_session(s.id) as rounds
