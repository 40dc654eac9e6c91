-- Whether an invitation can be used: it has neither expired nor been used up, and who sent it could still send it – is
-- active, owns the team (or coaches there, where athletes are invited), or keeps the athlete. The one place that says so:
-- what cannot be used is neither listed, shown, mailed nor accepted.
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

-- The same as it is now and not when the statement began: who accepts may have waited for another who did.
create or replace function workouts.invitation_holds_now(invitation workouts.invitations) returns boolean
language plpgsql volatile
as $$
begin
  return workouts.invitation_holds(invitation_holds_now.invitation);
end
$$;
