-- Revokes an invitation: the viewer's own, or one into a team that the viewer owns.
-- @param viewer_id      bigint = 1
-- @param invitation_id  bigint = 4
-- @column id bigint!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(invitations, team_members)
-- @budget run: buffers<=50
delete from invitations as i
where i.id = :invitation_id
  and (
    i.invited_by = :viewer_id
    or exists (
      select
      from team_members as m
      where m.user_id = :viewer_id
        and m.team_id = i.team_id
        and m.role = 'owner'
    )
  )
returning i.id
