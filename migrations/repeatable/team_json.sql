-- The fields of teams, athletes and invitations: as columns of reads, as JSON in replies to writes, and as clients write
-- them. session_json.sql explains how such functions are made, and why.

-- The age in whole years; null if the date of birth is unknown.
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

-- Owners are first. The limits bound the reply, and the counts show whether something was cut.
-- queries/teams/list_members.sql lists all members, and /athletes?team_id= lists all athletes.
drop function if exists workouts.members_of_team(bigint);
create function workouts.members_of_team(team_id bigint) returns table (members json, member_count bigint)
language sql stable parallel safe
as $$
  select
    json_agg(
      workouts.team_member_json(m.user_id, m.username, m.full_name, m.role, m.joined_on)
      order by m.role desc, m.joined_on, m.user_id
    ),
    coalesce(max(m.of_all), 0)
  from (
    select c.user_id, u.username, u.full_name, c.role, c.joined_on, count(*) over () as of_all
    from workouts.team_members as c
    join workouts.users as u on u.id = c.user_id
    where c.team_id = members_of_team.team_id
    order by c.role desc, c.joined_on, c.user_id
    limit 200
  ) as m
$$;

-- Today's athletes by name. Coaches get all of them; an athlete gets only their own entry.
drop function if exists workouts.athletes_of_team(bigint, bigint);
create function workouts.athletes_of_team(team_id bigint, viewer_id bigint)
returns table (athletes json, athlete_count bigint)
language sql stable
as $$
  select
    json_agg(
      json_build_object(
        'id', p.id, 'name', p.name, 'born_on', p.born_on, 'age', workouts.age_years(p.born_on), 'sex', p.sex,
        'has_account', p.has_account, 'joined_on', p.joined_on, 'left_on', p.left_on
      )
      order by lower(p.name), p.id
    ),
    coalesce(max(p.of_all), 0)
  from (
    select
      a.id, a.name, a.born_on, a.sex, a.user_id is not null as has_account, t.joined_on, t.left_on,
      count(*) over () as of_all
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

-- A team's columns in lists.
drop function if exists workouts.team_columns(workouts.teams);
create function workouts.team_columns(team workouts.teams) returns table (
  id bigint,
  name text,
  headquarters text,
  version integer,
  created_at timestamptz,
  updated_at timestamptz
)
language sql stable parallel safe rows 1
as $$
  select
    team.id,
    team.name,
    team.headquarters,
    team.version,
    team.created_at,
    team.updated_at
$$;

-- Without counts, as the previous release calls it, all are listed.
drop function if exists workouts.team_json(workouts.teams, text, json, json);
create or replace function workouts.team_json(
  team workouts.teams, my_role text, members json, athletes json, member_count bigint default null,
  athlete_count bigint default null
) returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'id', team.id, 'name', team.name, 'headquarters', team.headquarters, 'version', team.version,
    'created_at', workouts.rfc3339(team.created_at), 'updated_at', workouts.rfc3339(team.updated_at),
    'my_role', my_role, 'members', coalesce(members, '[]'), 'athletes', coalesce(athletes, '[]'),
    'member_count', coalesce(member_count, json_array_length(members), 0),
    'athlete_count', coalesce(athlete_count, json_array_length(athletes), 0)
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

-- An athlete's columns in lists.
drop function if exists workouts.athlete_columns(workouts.athletes);
create function workouts.athlete_columns(athlete workouts.athletes) returns table (
  id bigint,
  name text,
  born_on date,
  age integer,
  sex text,
  height_cm float8,
  zone text,
  zone_is_known boolean,
  week_start smallint,
  has_account boolean,
  version integer,
  created_at timestamptz,
  updated_at timestamptz
)
language sql stable rows 1
as $$
  select
    athlete.id,
    athlete.name,
    athlete.born_on,
    workouts.age_years(athlete.born_on),
    athlete.sex,
    athlete.height_cm,
    athlete.zone,
    workouts.knows_zone(athlete.zone),
    athlete.week_start,
    athlete.user_id is not null,
    athlete.version,
    athlete.created_at,
    athlete.updated_at
$$;

-- The fields of an athlete in a request: a new athlete or a merge patch. An absent field is null.
drop function if exists workouts.given_athlete(json);
create function workouts.given_athlete(athlete json) returns table (
  name text,
  born_on date,
  sex text,
  height_cm float8,
  zone text,
  week_start smallint,
  notes text,
  team_id bigint,
  joined_on date
)
language sql stable parallel safe rows 1
as $$
  select g.*
  from json_to_record(athlete) as g (
    name text,
    born_on date,
    sex text,
    height_cm float8,
    zone text,
    week_start smallint,
    notes text,
    team_id bigint,
    joined_on date
  )
$$;

create or replace function workouts.athlete_json(
  athlete workouts.athletes, relation text, notes text, teams json
) returns json
language sql stable
as $$
  select json_build_object(
    'id', athlete.id, 'name', athlete.name, 'born_on', athlete.born_on, 'age', workouts.age_years(athlete.born_on),
    'sex', athlete.sex, 'height_cm', athlete.height_cm, 'zone', athlete.zone,
    'zone_is_known', workouts.knows_zone(athlete.zone), 'week_start', athlete.week_start,
    'has_account', athlete.user_id is not null, 'version', athlete.version,
    'created_at', workouts.rfc3339(athlete.created_at), 'updated_at', workouts.rfc3339(athlete.updated_at),
    'relation', relation, 'notes', notes, 'teams', coalesce(teams, '[]')
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
