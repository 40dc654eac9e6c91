-- Sets the day on which an athlete leaves a team, and whether the team's coaches still see these days afterwards.
-- @param viewer_id   bigint = 1
-- @param team_id     bigint = 1
-- @param athlete_id  bigint = 6
-- @param change      json = '{"left_on": "2030-01-05"}'
-- @sample largest_team: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample largest_team: team_id = (select t.team_id from team_athletes as t group by 1 order by count(*) desc limit 1)
-- @sample largest_team: athlete_id = (select min(t.athlete_id) from team_athletes as t where t.team_id = (select t.team_id from team_athletes as t group by 1 order by count(*) desc limit 1) and t.left_on is null)
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(teams, team_members, team_athletes, athletes)
-- @budget run: buffers<=200
-- It changes the last stay; keeps_history applies to all stays of the athlete in the team. The athlete or the keeper
-- decides. Coaches can end a stay or set an earlier end. They cannot set a later end, which would show them more.
with known as materialized (
  -- Of a team: who is in it, or who decides about an athlete who is or was.
  select coalesce(min(t.id), no_such('team')) as team_id
  from teams as t
  where t.id = :team_id
    and (
      role_in_team(:viewer_id, t.id) is not null
      or exists (
        select
        from team_athletes as s
        join athletes as a on a.id = s.athlete_id
        where s.team_id = t.id
          and :viewer_id in (a.user_id, a.kept_by)
      )
    )
),
locked as materialized (
  select
    t.id,
    t.left_on,
    t.team_id,
    t.athlete_id,
    (statement_timestamp() at time zone zone_or_utc(a.zone))::date as today
  from known as k
  join team_athletes as t on t.team_id = k.team_id
  join athletes as a on a.id = t.athlete_id
  where t.athlete_id = :athlete_id
    and (
      :viewer_id in (a.user_id, a.kept_by)
      or exists (
        select
        from team_members as m
        where m.team_id = t.team_id
          and m.user_id = :viewer_id
      )
    )
  order by t.joined_on desc, t.id desc
  limit 1
  for update of t
),
target as materialized (
  -- The rights are checked after the lock was got: its last holder may have ended the viewer's rights.
  select
    l.id,
    l.left_on,
    l.team_id,
    l.today,
    r.is_own
  from locked as l
  cross join lateral (select decides_for_now(:viewer_id, l.athlete_id) as is_own offset 0) as r
  where r.is_own
    or role_in_team_now(:viewer_id, l.team_id) in ('owner', 'coach')
),
allowed as (
  select
    t.id,
    c.left_on,
    c.keeps_history
  from target as t
  cross join json_to_record(:change) as c (left_on date, keeps_history boolean)
  where case
    when c.keeps_history is not null and not t.is_own
      then refuse('keeps_history', 'This is the athlete''s to decide.') is not null
    when not :change::jsonb ? 'left_on' then true
    when t.left_on <= t.today
      then refuse('left_on', 'The athlete has left already; an invitation brings them back.') is not null
    when t.is_own then true
    when c.left_on is null or c.left_on > t.left_on
      then refuse('left_on', 'Only the athlete can put this off.') is not null
    else true
  end
),
changed as (
  update team_athletes as t
  set left_on = case when :change::jsonb ? 'left_on' and t.id = c.id then c.left_on else t.left_on end,
      keeps_history = coalesce(c.keeps_history, t.keeps_history)
  from allowed as c
  where t.team_id = :team_id
    and t.athlete_id = :athlete_id
  returning t.id, t.team_id, t.athlete_id, t.athlete_name, t.joined_on, t.left_on, t.keeps_history
),
marked as (
  update teams as t
  set version = version_after(t.version, :change),
      updated_at = updated_after(t.updated_at, :change)
  from target as g
  where t.id = g.team_id
)
select
  keep_reply(stay_json(s.team_id, s.athlete_id, s.athlete_name, s.joined_on, s.left_on, s.keeps_history)) as reply
from changed as s
join allowed as a on a.id = s.id
