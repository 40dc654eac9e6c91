-- Changes the fields of an athlete that a merge patch holds, if the athlete still has a given version.
-- @param viewer_id   bigint = 1
-- @param athlete_id  bigint = 5
-- @param versions     bigint[] = '{-1}'
-- @param patch       json = '{"height_cm": 171.5, "sex": null}'
-- @sample busiest_coach: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample busiest_coach: athlete_id = (select max(a.id) from athletes as a where a.kept_by = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1))
-- @column current_version integer!
-- @column matched boolean!
-- @column version integer
-- @column reply json
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(athletes, team_members, team_athletes)
-- @budget run: buffers<=100
-- Version -1 stands for any version: a nullable parameter would need custom plans. Coaches change the notes. The athlete
-- or the keeper changes all other fields. In the patch, an absent field stays, and null clears it.
with allowed as materialized (
  -- A refusal waits for nobody. Apart from the lock, which would judge by its new row and the other rows of before.
  select a.id
  from athletes as a
  where a.id = :athlete_id
    and case relation_to(:viewer_id, a)
      when 'keeper' then true
      when 'self' then not :patch::jsonb ? 'notes' or forbidden_if(true)
      when 'coach' then :patch::jsonb - 'notes' = '{}' or forbidden_if(true)
      when 'former_coach' then forbidden_if(true)
    end
),
locked as materialized (
  select a as athlete
  from athletes as a
  where a.id = (select w.id from allowed as w)
  for update of a
),
target as materialized (
  -- The rights are checked again after the lock was got: its last holder may have ended the viewer's rights.
  select
    (l.athlete).id,
    (l.athlete).version,
    r.relation
  from locked as l
  cross join lateral (select relation_to_now(:viewer_id, l.athlete) as relation offset 0) as r
  where case
    when r.relation is null then false
    when r.relation = 'keeper' then true
    when r.relation = 'self' and not :patch::jsonb ? 'notes' then true
    when r.relation = 'coach' and :patch::jsonb - 'notes' = '{}' then true
    else forbidden_if(true)
  end
),
changed as (
  update athletes as a
  set name = coalesce(p.name, a.name),
      born_on = case when p.given ? 'born_on' then p.born_on else a.born_on end,
      sex = case when p.given ? 'sex' then p.sex else a.sex end,
      height_cm = case when p.given ? 'height_cm' then p.height_cm else a.height_cm end,
      zone = coalesce(p.zone, a.zone),
      week_start = coalesce(p.week_start, a.week_start),
      notes = case when p.given ? 'notes' then coalesce(p.notes, '') else a.notes end,
      version = version_after(a.version, :patch),
      updated_at = updated_after(a.updated_at, :patch)
  from target as t
  cross join (
    select
      :patch::jsonb as given,
      g.*
    from given_athlete(:patch) as g
  ) as p
  where a.id = t.id
    and :versions && array[t.version::bigint, -1]
  returning a as athlete
)
select
  t.version as current_version,
  (c.athlete).id is not null as matched,
  (c.athlete).version as version,
  case
    when (c.athlete).id is not null
      then keep_reply(
        athlete_json(
          c.athlete,
          t.relation,
          case when t.relation in ('keeper', 'coach') then (c.athlete).notes end,
          (select s.teams from teams_of_athlete(t.id) as s)
        )
      )
  end as reply
from target as t
left join changed as c on true
