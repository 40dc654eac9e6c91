-- Quotas: how many things of a kind one user may have. The statements pass the bounds, which are settings (MAX_TEAMS …),
-- except for API keys.
--
-- within_quota(): true if there is room for so many more. Otherwise it ends the statement: 409 with the quota's name and
-- its bound. It is called in the statement that makes the thing, before the insert. If twenty come at once, each waits for
-- the commit of the one before, and then sees its rows, since each query in here has a new snapshot.
create or replace function workouts.within_quota(
  quota text, whose bigint, most bigint, more bigint default 1
) returns boolean
language plpgsql volatile
as $$
declare
  there bigint;
begin
  if within_quota.more = 0 then
    return true;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('quota of ' || within_quota.quota, within_quota.whose));
  case within_quota.quota
    when 'teams' then
      select count(*) into there
      from workouts.team_members as m
      where m.user_id = within_quota.whose
        and m.role = 'owner';
    when 'kept_athletes' then
      select count(*) into there
      from workouts.athletes as a
      where a.kept_by = within_quota.whose;
    when 'exercises' then
      select count(*) into there
      from workouts.exercises as x
      where x.athlete_id = within_quota.whose;
    when 'invitations' then
      select count(*) into there
      from workouts.invitations as i
      where i.invited_by = within_quota.whose
        and i.uses_left > 0
        and i.expires_at > statement_timestamp();
    when 'imports_a_day' then
      select count(*) into there
      from workouts.imports as i
      where i.athlete_id = within_quota.whose
        and i.created_at > statement_timestamp() - interval '24 hours';
    when 'api_keys' then
      select count(*) into there
      from workouts.api_keys as k
      where k.user_id = within_quota.whose;
  end case;
  if there + within_quota.more > within_quota.most then
    raise exception using
      errcode = 'WK507',
      message = case within_quota.quota
        when 'teams' then format('You may own %s teams, and not one more.', most)
        when 'kept_athletes' then format('You may keep %s athletes, and not one more.', most)
        when 'exercises' then format('There is room for %s exercises of one''s own, and this would be more.', most)
        when 'invitations' then format('You may have %s invitations that hold: take some back first.', most)
        when 'api_keys' then format('You may have %s API keys: delete one first.', most)
        else format('You may import %s files in 24 hours: go on later.', most)
      end,
      detail = json_build_object('quota', within_quota.quota, 'limit', within_quota.most);
  end if;
  return true;
end
$$;

-- Ends a user's logins beyond a number, those first that were not used for the longest time. So old logins never prevent a
-- sign-in. They are deleted, since a client that signs in every minute would leave thousands. The caller has locked the
-- user.
create or replace function workouts.end_forgotten_logins(user_id bigint, most bigint) returns boolean
language plpgsql volatile
as $$
begin
  delete from workouts.logins as l
  where l.id in (
    select o.id
    from workouts.logins as o
    where o.user_id = end_forgotten_logins.user_id
      and o.revoked_at is null
    order by o.refreshed_at desc, o.id desc
    offset end_forgotten_logins.most
  );
  return true;
end
$$;
