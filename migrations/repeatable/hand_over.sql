-- Gives a deleted user's teams and kept athletes to others, whichever statement deletes the user:
--
--   · If the user was the only owner of a team, the member who joined first becomes its owner. A team without another
--     member is deleted.
--   · An athlete whom the user kept gets another keeper: a member of a team that the athlete is in today, an owner if there
--     is one. Without such a member the athlete is deleted with all training, since nobody could see it any more.
--   · The user's own athlete is deleted with all training.
-- It has two steps, because erase_user() counts the rows to delete between them.
create or replace function workouts.hand_over_to_heirs(user_id bigint) returns void
language plpgsql volatile
as $$
begin
  -- Every statement that changes members locks the team. So no other owner leaves it meanwhile.
  perform
  from workouts.teams as t
  where t.id in (
    select m.team_id
    from workouts.team_members as m
    where m.user_id = hand_over_to_heirs.user_id
  )
  order by t.id
  for update;

  update workouts.team_members as m
  set role = 'owner'
  from (
    select distinct on (other.team_id)
      other.team_id,
      other.user_id
    from workouts.team_members as mine
    join workouts.team_members as other on other.team_id = mine.team_id and other.user_id <> mine.user_id
    where mine.user_id = hand_over_to_heirs.user_id
      and mine.role = 'owner'
    order by other.team_id, other.role desc, other.joined_on, other.user_id
  ) as heir
  where m.team_id = heir.team_id
    and m.user_id = heir.user_id
    and m.role <> 'owner';

  update workouts.athletes as a
  set kept_by = heir.user_id,
      version = a.version + 1,
      updated_at = now()
  from (
    select distinct on (k.id)
      k.id,
      m.user_id
    from workouts.athletes as k
    join workouts.present_athletes() as p on p.athlete_id = k.id
    join workouts.team_members as m on m.team_id = p.team_id and m.user_id <> k.kept_by
    where k.kept_by = hand_over_to_heirs.user_id
    order by k.id, m.role desc, m.joined_on, m.user_id
  ) as heir
  where a.id = heir.id;
end
$$;

create or replace function workouts.hand_over(user_id bigint) returns void
language plpgsql volatile
as $$
begin
  perform workouts.hand_over_to_heirs(hand_over.user_id);

  delete from workouts.teams as t
  using workouts.team_members as m
  where m.team_id = t.id
    and m.user_id = hand_over.user_id
    and not exists (
      select
      from workouts.team_members as other
      where other.team_id = t.id
        and other.user_id <> hand_over.user_id
    );

  delete from workouts.athletes as a
  where hand_over.user_id in (a.user_id, a.kept_by);
end
$$;

create or replace function workouts.hand_over_before_delete() returns trigger
language plpgsql volatile
as $$
begin
  perform workouts.hand_over(old.id);
  return old;
end
$$;

create or replace trigger users_hand_over_before_delete
before delete on workouts.users
for each row
execute function workouts.hand_over_before_delete();

-- Deletes an athlete's sessions first, whichever statement deletes the athlete: an own exercise cannot be deleted before
-- the sessions that use it. The athlete's row is locked by then. So a session that is being made is either seen here, or
-- finds no athlete.
create or replace function workouts.delete_sessions_before_athlete() returns trigger
language plpgsql volatile
as $$
begin
  delete from workouts.sessions as s
  where s.athlete_id = old.id;
  return old;
end
$$;

create or replace trigger athletes_lose_sessions_before_delete
before delete on workouts.athletes
for each row
execute function workouts.delete_sessions_before_athlete();
