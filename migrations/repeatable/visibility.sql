-- Who sees what of an athlete: the one place that says so. Tables are joined to these functions, and the planner puts
-- their text where they are called; bodies are strings, so that they don't stand in the way of migrations.
--
-- visible_days(): whose training a user sees, and of which days.
--   · their own, and that of athletes whom they keep: all days;
--   · of an athlete in a team of which the user is owner or coach: the days of the stay, and no other;
--   · of an athlete who has left: these same days, if the athlete lets them and the user was a member by then.
-- Several stays are several rows, which may overlap: look for one that holds the day, or merge them by range_agg().
-- A stay ends when its first day outside begins on the athlete's own calendar.
create or replace function workouts.visible_days(viewer_id bigint)
returns table (athlete_id bigint, days daterange)
language sql stable rows 20
as $$
  select a.id, daterange(null, null)
  from workouts.athletes as a
  where a.user_id = visible_days.viewer_id
    or a.kept_by = visible_days.viewer_id
  union all
  select t.athlete_id, t.member_days
  from workouts.team_members as m
  join workouts.team_athletes as t on t.team_id = m.team_id
  where m.user_id = visible_days.viewer_id
    and (
      t.left_on is null
      or (t.keeps_history and m.joined_on < t.left_on)
      or t.left_on > (
        select (statement_timestamp() at time zone workouts.zone_or_utc(a.zone))::date
        from workouts.athletes as a
        where a.id = t.athlete_id
      )
    )
$$;

-- Of whom a user is a coach today: who may read and write the coaches' notes.
create or replace function workouts.coached_today(viewer_id bigint)
returns table (athlete_id bigint)
language sql stable rows 20
as $$
  select p.athlete_id
  from workouts.team_members as m
  join workouts.present_athletes() as p on p.team_id = m.team_id
  where m.user_id = coached_today.viewer_id
$$;

-- The athletes whose training a user sees, each once; with a team_id only those in that team today, if it is a team of
-- theirs; 0 stands for any.
create or replace function workouts.athletes_seen_by(viewer_id bigint, team_id bigint)
returns setof workouts.athletes
language sql stable parallel safe rows 20
as $$
  select a.*
  from workouts.athletes as a
  where a.id in (
      select v.athlete_id
      from workouts.visible_days(athletes_seen_by.viewer_id) as v
    )
    and (
      athletes_seen_by.team_id = 0
      or (
        exists (
          select
          from workouts.team_members as m
          where m.user_id = athletes_seen_by.viewer_id
            and m.team_id = athletes_seen_by.team_id
        )
        and a.id in (
          select p.athlete_id
          from workouts.present_athletes() as p
          where p.team_id = athletes_seen_by.team_id
        )
      )
    )
$$;

-- What a user is in a team: owner, coach, athlete; null: the team is none of theirs, and they may not know of it.
create or replace function workouts.role_in_team(viewer_id bigint, team_id bigint) returns text
language sql stable
as $$
  select coalesce(
    (
      select m.role
      from workouts.team_members as m
      where m.user_id = role_in_team.viewer_id
        and m.team_id = role_in_team.team_id
    ),
    (
      select 'athlete'
      from workouts.athletes as a
      join workouts.present_athletes() as p on p.athlete_id = a.id
      where a.user_id = role_in_team.viewer_id
        and p.team_id = role_in_team.team_id
      limit 1
    )
  )
$$;

-- The same as it is now and not when the statement began: for writes that may have waited for a lock, whose holder may have
-- ended the viewer's rights. Volatile and not inlined for that reason, as are the other functions whose names end in _now.
create or replace function workouts.role_in_team_now(viewer_id bigint, team_id bigint) returns text
language plpgsql volatile
as $$
begin
  return workouts.role_in_team(role_in_team_now.viewer_id, role_in_team_now.team_id);
end
$$;

-- A team, locked for a change, and what the viewer is in it behind the lock. No row, and no wait, for whom the team is none
-- of theirs.
create or replace function workouts.lock_team(viewer_id bigint, team_id bigint)
returns table (id bigint, name text, version integer, role text)
language plpgsql volatile rows 1
as $$
begin
  if workouts.role_in_team(lock_team.viewer_id, lock_team.team_id) is null then
    return;
  end if;
  select t.id, t.name, t.version
  into id, name, version
  from workouts.teams as t
  where t.id = lock_team.team_id
  for update;
  role := workouts.role_in_team(lock_team.viewer_id, lock_team.team_id);
  if role is not null then
    return next;
  end if;
end
$$;

-- For a `where`, behind what is allowed: `(<may change it> or forbidden_if(<may know of it>))`. Ends the statement with
-- 403 for who may know of a row but not change it; for others the row is not there.
create or replace function workouts.forbidden_if(is_known boolean) returns boolean
language plpgsql volatile
as $$
begin
  if is_known then
    raise exception using errcode = 'WK403', message = 'You may not do this.';
  end if;
  return false;
end
$$;

-- Ends a statement that needs a row which is not there, or which the user may not know of: 404.
create or replace function workouts.no_such(thing text) returns bigint
language plpgsql volatile
as $$
begin
  raise exception using errcode = 'WK404', message = 'No such ' || thing || '.';
end
$$;

-- The athlete that a write is about: the user's own for 0, else one whom they keep. 403 for one whom they only see.
create or replace function workouts.writable_athlete_id(viewer_id bigint, athlete_id bigint) returns bigint
language plpgsql stable
as $$
begin
  perform
  from workouts.athletes as a
  where a.id = writable_athlete_id.athlete_id
    and writable_athlete_id.viewer_id in (a.user_id, a.kept_by);
  if found then
    return writable_athlete_id.athlete_id;
  end if;
  perform workouts.forbidden_if(exists (
    select
    from workouts.visible_days(writable_athlete_id.viewer_id) as v
    where v.athlete_id = writable_athlete_id.athlete_id
  ));
  return workouts.no_such('athlete');
end
$$;

-- Whether a user sees a day of an athlete's training. Functions like this one, which the planner does not take apart, are
-- for what is seldom asked: a statement in which they stand behind an `or` doesn't pay for them.
create or replace function workouts.sees_day(viewer_id bigint, athlete_id bigint, day date) returns boolean
language plpgsql stable
as $$
begin
  return exists (
    select
    from workouts.visible_days(sees_day.viewer_id) as v
    where v.athlete_id = sees_day.athlete_id
      and v.days @> sees_day.day
  );
end
$$;

-- Whether a user sees an exercise of an athlete's own: who sees all days, and who sees a day on which it was done.
create or replace function workouts.sees_exercise(viewer_id bigint, athlete_id bigint, exercise_id bigint)
returns boolean
language plpgsql stable
as $$
begin
  return exists (
    select
    from workouts.visible_days(sees_exercise.viewer_id) as v
    where v.athlete_id = sees_exercise.athlete_id
      and (
        v.days = '(,)'
        or exists (
          select
          from workouts.session_exercises as e
          where e.exercise_id = sees_exercise.exercise_id
            and e.local_on <@ v.days
        )
      )
  );
end
$$;

-- Whether a user may change an athlete's session: whose training it is, and who keeps the athlete, as it is now. 403 for who
-- only sees it.
create or replace function workouts.may_change_session(viewer_id bigint, athlete_id bigint, local_on date)
returns boolean
language plpgsql volatile
as $$
begin
  perform
  from workouts.athletes as a
  where a.id = may_change_session.athlete_id
    and may_change_session.viewer_id in (a.user_id, a.kept_by);
  return found or workouts.forbidden_if(
    workouts.sees_day(may_change_session.viewer_id, may_change_session.athlete_id, may_change_session.local_on)
  );
end
$$;

-- The days of one athlete's training that a user sees, merged; 404 if the athlete is none of those they may know of.
create or replace function workouts.visible_days_of(viewer_id bigint, athlete_id bigint) returns datemultirange
language plpgsql stable
as $$
declare
  days datemultirange := (
    select range_agg(v.days)
    from workouts.visible_days(visible_days_of.viewer_id) as v
    where v.athlete_id = visible_days_of.athlete_id
  );
begin
  if days is null then
    perform workouts.no_such('athlete');
  end if;
  return days;
end
$$;

-- How many owners a team has besides a member, as it is now and not when the statement began: for writes that may have
-- waited for another. Volatile for that reason.
create or replace function workouts.other_owners_now(team_id bigint, user_id bigint) returns bigint
language sql volatile
as $$
  select count(*)
  from workouts.team_members as m
  where m.team_id = other_owners_now.team_id
    and m.user_id <> other_owners_now.user_id
    and m.role = 'owner'
$$;

-- What a user is to an athlete: self, keeper, coach (today), former_coach (or one of a stay to come); null: they may not
-- know of the athlete.
create or replace function workouts.relation_to(viewer_id bigint, athlete workouts.athletes) returns text
language sql stable
as $$
  select case
    when athlete.user_id = relation_to.viewer_id then 'self'
    when athlete.kept_by = relation_to.viewer_id then 'keeper'
    when exists (
      select
      from workouts.coached_today(relation_to.viewer_id) as c
      where c.athlete_id = athlete.id
    ) then 'coach'
    when exists (
      select
      from workouts.visible_days(relation_to.viewer_id) as v
      where v.athlete_id = athlete.id
    ) then 'former_coach'
  end
$$;

-- The same as it is now, as role_in_team_now().
create or replace function workouts.relation_to_now(viewer_id bigint, athlete workouts.athletes) returns text
language plpgsql volatile
as $$
begin
  return workouts.relation_to(relation_to_now.viewer_id, relation_to_now.athlete);
end
$$;

-- Whether an athlete is a user's own, or one whom they keep, as it is now.
create or replace function workouts.decides_for_now(viewer_id bigint, athlete_id bigint) returns boolean
language plpgsql volatile
as $$
begin
  return exists (
    select
    from workouts.athletes as a
    where a.id = decides_for_now.athlete_id
      and decides_for_now.viewer_id in (a.user_id, a.kept_by)
  );
end
$$;
