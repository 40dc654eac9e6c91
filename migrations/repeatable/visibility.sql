-- Decides who sees which data of an athlete. Only this file decides it. Tables are joined to these functions, and the
-- planner inlines them. Their bodies are strings, so that they do not block migrations.
--
-- visible_days(): the athletes whose training a user sees, and the days.
--   · the user's own athlete and kept athletes: all days;
--   · an athlete in a team of which the user is owner or coach: only the days of the stay;
--   · an athlete who has left such a team: the same days, if the athlete allows it and the user was a member at that time.
-- Several stays are several rows, which may overlap. Look for one that contains the day, or merge them by range_agg().
-- A stay ends when the first day after it begins on the athlete's own calendar. That day is at most one day away from the
-- day in UTC, so the zone is read only for stays that end now or later.
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
      or (
        t.left_on >= (statement_timestamp() at time zone 'UTC')::date
        and t.left_on > (
          select (statement_timestamp() at time zone workouts.zone_or_utc(a.zone))::date
          from workouts.athletes as a
          where a.id = t.athlete_id
        )
      )
    )
$$;

-- The athletes whom a user coaches today: the user may read and write the coaches' notes of these.
create or replace function workouts.coached_today(viewer_id bigint)
returns table (athlete_id bigint)
language sql stable rows 20
as $$
  select p.athlete_id
  from workouts.team_members as m
  join workouts.present_athletes() as p on p.team_id = m.team_id
  where m.user_id = coached_today.viewer_id
$$;

-- The athletes whose training a user sees, each once. With a team_id only those in that team today, if the user belongs to
-- it. 0 stands for any team.
-- The ids are an array, so that athletes are found by key in one pass of the index, whether the user sees none or
-- thousands. For `in (select …)` a plan for all users reads every athlete of the server. It is one array: for two on one
-- column, versions before PostgreSQL 17 try every pair. (They also descend the index once for each id.)
create or replace function workouts.athletes_seen_by(viewer_id bigint, team_id bigint)
returns setof workouts.athletes
language sql stable parallel safe rows 20
as $$
  select a.*
  from workouts.athletes as a
  where a.id = any(array(
      select v.athlete_id
      from workouts.visible_days(athletes_seen_by.viewer_id) as v
      where athletes_seen_by.team_id = 0
        or (
          exists (
            select
            from workouts.team_members as m
            where m.user_id = athletes_seen_by.viewer_id
              and m.team_id = athletes_seen_by.team_id
          )
          and v.athlete_id in (
            select p.athlete_id
            from workouts.present_athletes() as p
            where p.team_id = athletes_seen_by.team_id
          )
        )
    ))
$$;

-- The user's role in a team: owner, coach, athlete. Null means that the user is not in the team and may not know of it.
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

-- The same at this moment, and not when the statement began, for writes that may have waited for a lock: its holder may
-- have ended the viewer's rights. So it is volatile and not inlined, like all functions whose names end in _now.
create or replace function workouts.role_in_team_now(viewer_id bigint, team_id bigint) returns text
language plpgsql volatile
as $$
begin
  return workouts.role_in_team(role_in_team_now.viewer_id, role_in_team_now.team_id);
end
$$;

-- Locks a team for a change, and then gives the viewer's role in it. If the viewer is not in the team, there is no row and
-- no wait.
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

-- The same for a write to something inside the team: 404 names the team if the viewer is not in it.
create or replace function workouts.lock_known_team(viewer_id bigint, team_id bigint)
returns table (id bigint, name text, version integer, role text)
language plpgsql volatile rows 1
as $$
begin
  return query
  select t.id, t.name, t.version, t.role
  from workouts.lock_team(lock_known_team.viewer_id, lock_known_team.team_id) as t;
  if not found then
    perform workouts.no_such('team');
  end if;
end
$$;

-- For a `where`: `(<may change it> or forbidden_if(<may know of it>))`. It ends the statement with 403 if the viewer may
-- know of the row but not change it. For other viewers the row does not exist.
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

-- Ends a statement with 404 when a row does not exist, or when the user may not know of it.
create or replace function workouts.no_such(thing text) returns bigint
language plpgsql volatile
as $$
begin
  raise exception using errcode = 'WK404', message = 'No such ' || thing || '.';
end
$$;

-- The athlete of a write: the user's own for 0, otherwise one whom the user keeps. 403 for one whom the user only sees.
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

-- The same with a lock: nobody takes the right away, or deletes the athlete, until the write is committed. Call it in a
-- sub-select, which is evaluated once.
create or replace function workouts.lock_writable_athlete(viewer_id bigint, athlete_id bigint) returns bigint
language plpgsql volatile
as $$
begin
  perform
  from workouts.athletes as a
  where a.id = lock_writable_athlete.athlete_id
    and lock_writable_athlete.viewer_id in (a.user_id, a.kept_by)
  for share;
  return workouts.writable_athlete_id(lock_writable_athlete.viewer_id, lock_writable_athlete.athlete_id);
end
$$;

-- Whether a user sees a day of an athlete's training. The planner does not inline this function. It is for rare cases:
-- behind an `or` it costs a statement nothing until it is called.
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

-- A session by its id, if the user sees it. For the athlete's own session, sees_day() is not called: as SQL that the planner
-- inlines, it would cost time for each of these as well. This function is inlined, so it returns a set.
create or replace function workouts.session_seen_by(viewer_id bigint, session_id bigint) returns setof workouts.sessions
language sql stable rows 1
as $$
  select s.*
  from workouts.sessions as s
  where s.id = session_seen_by.session_id
    and (
      s.athlete_id = (
        select a.id
        from workouts.athletes as a
        where a.user_id = session_seen_by.viewer_id
      )
      or workouts.sees_day(session_seen_by.viewer_id, s.athlete_id, s.local_on)
    )
$$;

-- Whether a user sees an athlete's own exercise: the user sees all days, or a day on which the exercise was done.
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

-- Whether a user may change an athlete's session at this moment: the athlete and the athlete's keeper may. 403 for users who
-- only see it.
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

-- The days of one athlete's training that a user sees, merged. 404 if the user may not know of the athlete.
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

-- The athlete whom a request means: the user's own for 0. seen_days: the days that the user sees; null: all days. 404 if
-- the user may not know of the athlete.
create or replace function workouts.athlete_asked_for(viewer_id bigint, athlete_id bigint)
returns table (id bigint, seen_days datemultirange)
language sql stable rows 1
as $$
  select
    a.id,
    case
      when athlete_asked_for.viewer_id in (a.user_id, a.kept_by) then null
      else workouts.visible_days_of(athlete_asked_for.viewer_id, a.id)
    end
  from workouts.athletes as a
  where a.id = (
      select coalesce(min(x.id), workouts.no_such('athlete'))
      from workouts.athletes as x
      where x.id = athlete_asked_for.athlete_id
        or (athlete_asked_for.athlete_id = 0 and x.user_id = athlete_asked_for.viewer_id)
    )
$$;

-- The number of a team's owners besides a member, at this moment and not when the statement began, for writes that may have
-- waited for another. It is volatile for that reason.
create or replace function workouts.other_owners_now(team_id bigint, user_id bigint) returns bigint
language sql volatile
as $$
  select count(*)
  from workouts.team_members as m
  where m.team_id = other_owners_now.team_id
    and m.user_id <> other_owners_now.user_id
    and m.role = 'owner'
$$;

-- The user's relation to an athlete: self, keeper, coach (today), former_coach (also of a future stay). Null means that the
-- user may not know of the athlete.
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

-- The same at this moment, like role_in_team_now().
create or replace function workouts.relation_to_now(viewer_id bigint, athlete workouts.athletes) returns text
language plpgsql volatile
as $$
begin
  return workouts.relation_to(relation_to_now.viewer_id, relation_to_now.athlete);
end
$$;

-- Whether an athlete is a user's own or kept by the user, at this moment.
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
