-- A valid invitation, found by its code.
-- @param code_sha256  bytea = sha256('code 1')
-- @column id bigint!
-- @returns one
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(invitations)
-- @budget run: buffers<=20
select
  i.id,
  i.kind,
  i.team_id,
  t.name as team_name,
  i.athlete_id,
  a.name as athlete_name,
  u.username as invited_by,
  i.expires_at
from invitations as i
join users as u on u.id = i.invited_by
left join teams as t on t.id = i.team_id
left join athletes as a on a.id = i.athlete_id
where i.code_sha256 = :code_sha256
  and invitation_holds(i)
