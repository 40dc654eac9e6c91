-- Uses an invitation: the viewer becomes a member or an athlete of the team, or claims the athlete.
-- @param viewer_id    bigint = 2
-- @param code_sha256  bytea = sha256('code 1')
-- @param joined_on    text = ''
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(invitations, athletes)
-- @budget run: buffers<=150
-- An empty day means today on the athlete's calendar: a nullable parameter would need custom plans. An invitation is
-- valid only while its sender may still send it (repeatable/invitations.sql).
with used as (
  update invitations as i
  set uses_left = i.uses_left - 1
  where i.code_sha256 = :code_sha256
    and invitation_holds_now(i)
  returning i.kind, i.team_id, i.athlete_id
),
new_member as (
  insert into team_members (team_id, user_id, role)
  select
    u.team_id,
    :viewer_id,
    u.kind
  from used as u
  where u.kind in ('owner', 'coach')
),
new_athlete as (
  insert into team_athletes as t (team_id, athlete_id, athlete_name, joined_on)
  select
    u.team_id,
    coalesce(a.id, refuse('code', 'This account has no athlete.')),
    a.name,
    coalesce(nullif(:joined_on, '')::date, (statement_timestamp() at time zone zone_or_utc(a.zone))::date)
  from used as u
  left join athletes as a on a.user_id = :viewer_id
  where u.kind = 'athlete'
  returning t.athlete_id
),
marked as (
  update teams as t
  set version = t.version + 1,
      updated_at = now()
  from used as u
  where t.id = u.team_id
)
select
  keep_reply(json_build_object(
    'kind', u.kind,
    'team_id', u.team_id,
    'athlete_id', coalesce(u.athlete_id, (select n.athlete_id from new_athlete as n))
  )) as reply
from used as u
where case
    when :joined_on <> '' and u.kind <> 'athlete'
      then refuse('joined_on', 'Expected with an invitation as an athlete only.') is not null
    when u.kind = 'claim' then claim_athlete(:viewer_id, u.athlete_id) is not null
    else true
  end
