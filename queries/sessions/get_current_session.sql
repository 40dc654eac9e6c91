-- The session in progress of an athlete, with its exercises, sets and laps, for its athlete and for others who see that day.
-- @param viewer_id  bigint = 1
-- @param athlete_id bigint = 0
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @column session json
-- @returns one
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sessions, session_exercises, sets, exercises, laps)
-- @budget run: buffers<=100
-- Athlete 0 is the viewer's own: a nullable parameter would need custom plans. seen_days null: the viewer sees all days.
with who as materialized (
  -- Materialized, so that an athlete whom the viewer may not know of is 404 without a session in progress as well.
  select a.id, a.seen_days
  from athlete_asked_for(:viewer_id, :athlete_id) as a
)
select
  case when s.id is not null then session_json(s, parts.exercises, rounds.laps) end as session
from (select coalesce((select w.id from who as w), no_such('athlete')) as athlete_id) as known
cross join who
left join sessions as s
  on s.athlete_id = known.athlete_id
  and s.status = 'in_progress'
  and (who.seen_days is null or s.local_on <@ who.seen_days)
left join lateral exercises_of_session(s.id) as parts on true
left join lateral laps_of_session(s.id) as rounds on true
