-- Whether an invitation is valid: it has not expired, it is not used up, and its sender may still send it. The sender must
-- be active, and own the team (or coach it, for invitations of athletes) or keep the athlete. Only this function decides
-- it: an invalid invitation is not listed, shown, mailed or accepted.
create or replace function workouts.invitation_holds(invitation workouts.invitations) returns boolean
language sql stable parallel safe
as $$
  select invitation.uses_left > 0
    and invitation.expires_at > statement_timestamp()
    and exists (
      select
      from workouts.users as u
      where u.id = invitation.invited_by
        and u.is_active
    )
    and (
      exists (
        select
        from workouts.team_members as m
        where m.team_id = invitation.team_id
          and m.user_id = invitation.invited_by
          and (m.role = 'owner' or invitation.kind = 'athlete')
      )
      or exists (
        select
        from workouts.athletes as a
        where a.id = invitation.athlete_id
          and a.kept_by = invitation.invited_by
      )
    )
$$;

-- The same at this moment, and not when the statement began: the caller may have waited for another who accepted it.
create or replace function workouts.invitation_holds_now(invitation workouts.invitations) returns boolean
language plpgsql volatile
as $$
begin
  return workouts.invitation_holds(invitation_holds_now.invitation);
end
$$;
