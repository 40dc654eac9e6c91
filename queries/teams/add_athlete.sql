-- Adds an athlete whom the viewer keeps to a team of the viewer's; athletes with an account join by an invitation.
-- @param viewer_id   bigint = 1
-- @param team_id     bigint = 1
-- @param athlete_id  bigint = 5
-- @param joined_on   text = '2026-01-05'
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(teams, team_members, athletes)
-- @budget run: buffers<=80
-- An empty day means today on the athlete's calendar: a nullable parameter would need custom plans.
with target as materialized (
  select t.id
  from lock_known_team(:viewer_id, :team_id) as t
  where t.role in ('owner', 'coach')
    or forbidden_if(true)
),
joining as materialized (
  select
    a.id as athlete_id,
    a.name,
    coalesce(nullif(:joined_on, '')::date, (statement_timestamp() at time zone zone_or_utc(a.zone))::date) as joined_on
  from target
  cross join lateral (
    select coalesce(
      (
        select k.id
        from athletes as k
        where k.id = :athlete_id
          and k.kept_by = :viewer_id
        for no key update
      ),
      refuse('athlete_id', 'Expected an athlete whom you keep; others join by an invitation.')
    ) as athlete_id
  ) as kept
  join athletes as a on a.id = kept.athlete_id
),
joined as (
  insert into team_athletes as t (team_id, athlete_id, athlete_name, joined_on)
  select
    g.id,
    j.athlete_id,
    j.name,
    j.joined_on
  from target as g
  cross join joining as j
  returning t.team_id, t.athlete_id, t.athlete_name, t.joined_on, t.left_on, t.keeps_history
),
marked as (
  update teams as t
  set version = t.version + 1,
      updated_at = now()
  from target as g
  where t.id = g.id
)
select
  keep_reply(stay_json(s.team_id, s.athlete_id, s.athlete_name, s.joined_on, s.left_on, s.keeps_history)) as reply
from joined as s
