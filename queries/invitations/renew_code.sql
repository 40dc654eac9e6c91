-- Gives an invitation its code when it is mailed, and the values for the mail; no row if it is no longer valid.
-- @param invitation_id  bigint = 201
-- @param code_sha256    bytea = sha256('another code')
-- @column email text!
-- @column kind text!
-- @column inviter text!
-- @column team text
-- @column athlete text
-- @column expires_at timestamptz!
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(invitations)
-- @budget run: buffers<=40
-- If a mail is sent again after a failure, it has a new code, and only that one is valid.
update invitations as i
set code_sha256 = :code_sha256
from users as u
where i.id = :invitation_id
  and i.email is not null
  and invitation_holds(i)
  and u.id = i.invited_by
returning
  i.email,
  i.kind,
  coalesce(nullif(u.full_name, ''), u.username) as inviter,
  (
    select t.name
    from teams as t
    where t.id = i.team_id
  ) as team,
  (
    select a.name
    from athletes as a
    where a.id = i.athlete_id
  ) as athlete,
  i.expires_at
