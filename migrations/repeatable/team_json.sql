-- What teams, athletes and invitations look like inside a reply; strings for bodies, as in session_json.sql and for its
-- reason.

-- Whole years at a date of birth's last return; null if it is unknown.
create or replace function workouts.age_years(born_on date) returns integer
language sql stable
as $$
  select extract(year from age((statement_timestamp() at time zone 'UTC')::date, born_on))::integer
$$;

create or replace function workouts.team_member_json(
  user_id bigint, username text, full_name text, role text, joined_on date
) returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'user_id', user_id, 'username', username, 'full_name', full_name, 'role', role, 'joined_on', joined_on
  )
$$;

-- Owners first. The limits bound the reply; /athletes?team_id= lists more.
create or replace function workouts.members_of_team(team_id bigint) returns table (members json)
language sql stable parallel safe
as $$
  select json_agg(
    workouts.team_member_json(m.user_id, m.username, m.full_name, m.role, m.joined_on)
    order by m.role desc, m.joined_on, m.user_id
  )
  from (
    select c.user_id, u.username, u.full_name, c.role, c.joined_on
    from workouts.team_members as c
    join workouts.users as u on u.id = c.user_id
    where c.team_id = members_of_team.team_id
    order by c.role desc, c.joined_on, c.user_id
    limit 200
  ) as m
$$;

-- Today's athletes by name: all of them for coaches, for an athlete only themself.
create or replace function workouts.athletes_of_team(team_id bigint, viewer_id bigint) returns table (athletes json)
language sql stable
as $$
  select json_agg(
    json_build_object(
      'id', p.id, 'name', p.name, 'born_on', p.born_on, 'age', workouts.age_years(p.born_on), 'sex', p.sex,
      'has_account', p.has_account, 'joined_on', p.joined_on, 'left_on', p.left_on
    )
    order by lower(p.name), p.id
  )
  from (
    select a.id, a.name, a.born_on, a.sex, a.user_id is not null as has_account, t.joined_on, t.left_on
    from workouts.present_athletes() as t
    join workouts.athletes as a on a.id = t.athlete_id
    where t.team_id = athletes_of_team.team_id
      and (
        a.user_id = athletes_of_team.viewer_id
        or exists (
          select
          from workouts.team_members as m
          where m.team_id = athletes_of_team.team_id
            and m.user_id = athletes_of_team.viewer_id
        )
      )
    order by lower(a.name), a.id
    limit 500
  ) as p
$$;

create or replace function workouts.team_json(team workouts.teams, my_role text, members json, athletes json)
returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'id', team.id, 'name', team.name, 'headquarters', team.headquarters, 'my_role', my_role,
    'version', team.version, 'created_at', workouts.rfc3339(team.created_at),
    'updated_at', workouts.rfc3339(team.updated_at),
    'members', coalesce(members, '[]'), 'athletes', coalesce(athletes, '[]')
  )
$$;

create or replace function workouts.team_of_athlete_json(team_id bigint, name text, joined_on date, left_on date)
returns json
language sql stable parallel safe
as $$
  select json_build_object('id', team_id, 'name', name, 'joined_on', joined_on, 'left_on', left_on)
$$;

-- The teams that an athlete is in today, by name.
create or replace function workouts.teams_of_athlete(athlete_id bigint) returns table (teams json)
language sql stable
as $$
  select json_agg(
    workouts.team_of_athlete_json(t.id, t.name, p.joined_on, p.left_on)
    order by lower(t.name)
  )
  from workouts.present_athletes() as p
  join workouts.teams as t on t.id = p.team_id
  where p.athlete_id = teams_of_athlete.athlete_id
$$;

create or replace function workouts.athlete_json(
  athlete workouts.athletes, relation text, notes text, teams json
) returns json
language sql stable
as $$
  select json_build_object(
    'id', athlete.id, 'name', athlete.name, 'born_on', athlete.born_on, 'age', workouts.age_years(athlete.born_on),
    'sex', athlete.sex, 'height_cm', athlete.height_cm, 'zone', athlete.zone,
    'zone_is_known', workouts.knows_zone(athlete.zone), 'week_start', athlete.week_start, 'has_account', athlete.user_id is not null, 'relation', relation, 'version', athlete.version,
    'created_at', workouts.rfc3339(athlete.created_at), 'updated_at', workouts.rfc3339(athlete.updated_at),
    'notes', notes, 'teams', coalesce(teams, '[]')
  )
$$;

-- One stay of an athlete in a team.
create or replace function workouts.stay_json(
  team_id bigint, athlete_id bigint, name text, joined_on date, left_on date, keeps_history boolean
) returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'team_id', team_id, 'athlete_id', athlete_id, 'name', name, 'joined_on', joined_on, 'left_on', left_on,
    'keeps_history', keeps_history
  )
$$;

create or replace function workouts.invitation_json(
  invitation workouts.invitations, team_name text, athlete_name text, invited_by text
) returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'id', invitation.id, 'kind', invitation.kind, 'team_id', invitation.team_id, 'team_name', team_name,
    'athlete_id', invitation.athlete_id, 'athlete_name', athlete_name, 'invited_by', invited_by,
    'email', invitation.email, 'uses_left', invitation.uses_left,
    'created_at', workouts.rfc3339(invitation.created_at), 'expires_at', workouts.rfc3339(invitation.expires_at)
  )
$$;
