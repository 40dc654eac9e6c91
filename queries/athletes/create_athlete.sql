-- Makes an athlete whom the viewer keeps, and adds the athlete to a team of the viewer's if one is named.
-- @param viewer_id  bigint = 1
-- @param athlete    json = '{"name": "Grace", "born_on": "2001-12-09", "sex": "female", "height_cm": 171.5, "zone": "UTC", "week_start": 1, "notes": "Left knee.", "team_id": null, "joined_on": null}'
-- @param most       bigint = 500
-- @column id bigint!
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(teams, team_members)
-- @budget run: buffers<=60
with given as materialized (
  select
    g.*,
    t.name as team_name
  from given_athlete(:athlete) as g
  left join lateral lock_team(:viewer_id, g.team_id) as t on t.role in ('owner', 'coach')
  where g.team_id is null
    or t.id is not null
    or refuse('team_id', 'Expected a team of which you are a coach.') is not null
),
made as (
  insert into athletes as a (name, born_on, sex, height_cm, zone, week_start, notes, kept_by)
  select
    g.name,
    g.born_on,
    g.sex,
    g.height_cm,
    g.zone,
    g.week_start,
    g.notes,
    :viewer_id
  from given as g
  where within_quota('kept_athletes', :viewer_id, :most)
  returning a as athlete
),
joined as (
  insert into team_athletes as t (team_id, athlete_id, athlete_name, joined_on)
  select
    g.team_id,
    (m.athlete).id,
    (m.athlete).name,
    coalesce(g.joined_on, (statement_timestamp() at time zone zone_or_utc(g.zone))::date)
  from made as m
  join given as g on g.team_id is not null
  returning t.team_id, t.joined_on, t.left_on, t.member_days
),
marked as (
  update teams as t
  set version = t.version + 1,
      updated_at = now()
  from joined as j
  where t.id = j.team_id
)
select
  (m.athlete).id,
  (m.athlete).version,
  keep_reply(
    athlete_json(
      m.athlete,
      'keeper',
      (m.athlete).notes,
      (
        select json_build_array(team_of_athlete_json(j.team_id, g.team_name, j.joined_on, j.left_on))
        from joined as j
        join given as g on g.team_id = j.team_id
        where j.member_days @> (statement_timestamp() at time zone zone_or_utc(g.zone))::date
      )
    )
  ) as reply
from made as m
