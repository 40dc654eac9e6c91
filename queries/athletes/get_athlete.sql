-- One athlete with today's teams, for those who see the athlete's training; only today's coaches get the notes.
-- @param viewer_id   bigint = 1
-- @param athlete_id  bigint = 6
-- @sample busiest_coach: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(athletes, team_members, team_athletes)
-- @budget run: buffers<=60
select
  a.version,
  athlete_json(a, r.relation, case when r.relation in ('keeper', 'coach') then a.notes end, t.teams) as reply
from athletes as a
cross join lateral (select relation_to(:viewer_id, a) as relation offset 0) as r
cross join lateral teams_of_athlete(a.id) as t
where a.id = :athlete_id
  and r.relation is not null
