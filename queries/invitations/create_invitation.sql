-- Invites somebody into a team, or to claim an athlete whom the viewer keeps; by mail if an address is given.
-- @param viewer_id     bigint = 1
-- @param invitation    json = '{"kind": "athlete", "team_id": 1, "athlete_id": null, "email": "grace@example.com", "uses": 1, "expires_in_days": 14}'
-- @param code_sha256   bytea? = sha256('code')
-- @param most          bigint = 200
-- @sample largest_team: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) where m.role = 'owner' group by 1 order by count(*) desc limit 1)
-- @sample largest_team: invitation = (select json_build_object('kind', 'athlete', 'team_id', m.team_id, 'uses', 1, 'expires_in_days', 14) from team_members as m join team_athletes as t using (team_id) where m.role = 'owner' group by m.user_id, m.team_id order by count(*) desc limit 1)
-- @column id bigint!
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(teams, team_members, athletes)
-- @budget run: buffers<=100
-- Owners invite owners, coaches and athletes; coaches invite athletes. A mailed invitation gets its code when it is sent.
with given as materialized (
  select
    g.kind,
    g.team_id,
    g.athlete_id,
    g.email,
    g.uses,
    g.expires_in_days
  from json_to_record(:invitation) as g (
    kind text,
    team_id bigint,
    athlete_id bigint,
    email text,
    uses integer,
    expires_in_days integer
  )
),
about as materialized (
  select
    t.id as team_id,
    t.name as team_name,
    null::bigint as athlete_id,
    null::text as athlete_name
  from given as g
  cross join lateral role_in_team(:viewer_id, g.team_id) as mine (role)
  join teams as t on t.id = g.team_id
  where mine.role = 'owner'
    or (mine.role = 'coach' and g.kind = 'athlete')
    or forbidden_if(mine.role is not null)
  union all
  select
    null,
    null,
    a.id,
    a.name
  from given as g
  cross join lateral (
    select
      x.id,
      x.name,
      x.kept_by
    from athletes as x
    where x.id = g.athlete_id
    offset 0  -- stops the planner from checking other athletes, too
  ) as a
  where a.kept_by = :viewer_id
    or forbidden_if(exists (
      select
      from visible_days(:viewer_id) as v
      where v.athlete_id = a.id
    ))
),
made as (
  insert into invitations as i (kind, team_id, athlete_id, invited_by, email, code_sha256, uses_left, expires_at)
  select
    g.kind,
    case when g.kind <> 'claim' then coalesce(b.team_id, refuse('team_id', 'Expected a team of yours.')) end,
    case
      when g.kind = 'claim' then coalesce(b.athlete_id, refuse('athlete_id', 'Expected an athlete whom you keep.'))
    end,
    :viewer_id,
    g.email,
    :code_sha256,
    g.uses,
    now() + make_interval(days => g.expires_in_days)
  from given as g
  left join about as b on true
  where within_quota('invitations', :viewer_id, :most)
  returning i as invitation
)
select
  (m.invitation).id,
  case
    when (m.invitation).email is not null and permit_mail((m.invitation).email, :viewer_id)
      then defer_mail(
        case (m.invitation).kind when 'claim' then 'athlete_invitation' else 'team_invitation' end,
        json_build_object('invitation_id', (m.invitation).id)
      )
  end as job_id,
  keep_reply(invitation_json(m.invitation, b.team_name, b.athlete_name, u.username)) as reply
from made as m
cross join about as b
join users as u on u.id = :viewer_id
