-- The fields of a lap: as JSON, and as a client writes them; and the one way to write the laps of a session. session_json()
-- needs this file before its own.

create or replace function workouts.lap_json(lap workouts.laps) returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'lap_no', lap.lap_no, 'duration_s', lap.duration_s, 'distance_m', lap.distance_m, 'ascent_m', lap.ascent_m,
    'descent_m', lap.descent_m, 'average_heart_rate_bpm', lap.average_heart_rate_bpm,
    'max_heart_rate_bpm', lap.max_heart_rate_bpm, 'average_power_w', lap.average_power_w
  )
$$;

-- The laps of a request. An absent field is null.
drop function if exists workouts.given_laps(json);
create function workouts.given_laps(laps json) returns table (
  lap_no smallint,
  duration_s float8,
  distance_m float8,
  ascent_m float8,
  descent_m float8,
  average_heart_rate_bpm float8,
  max_heart_rate_bpm smallint,
  average_power_w float8
)
language sql stable parallel safe
as $$
  select g.*
  from json_to_recordset(laps) as g (
    lap_no smallint,
    duration_s float8,
    distance_m float8,
    ascent_m float8,
    descent_m float8,
    average_heart_rate_bpm float8,
    max_heart_rate_bpm smallint,
    average_power_w float8
  )
$$;

-- A stored session's laps, in order.
drop function if exists workouts.laps_of_session(bigint);
create function workouts.laps_of_session(session_id bigint) returns table (laps json)
language sql stable parallel safe rows 1
as $$
  select coalesce(json_agg(workouts.lap_json(l) order by l.lap_no), '[]')
  from workouts.laps as l
  where l.session_id = laps_of_session.session_id
$$;

create or replace function workouts.stored_laps(session_id bigint) returns json
language sql stable parallel safe
as $$
  select p.laps
  from workouts.laps_of_session(stored_laps.session_id) as p
$$;

-- Writes the laps of a session, where some are given ([] and null: none), and returns those that it then has. Unchanged rows
-- are not written again. It is volatile, so that it sees the session that its statement has made, and laps that another
-- request wrote while this one waited. Without a given list it only reads.
create or replace function workouts.write_laps(session_id bigint, is_given boolean, laps json) returns json
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  given constant json := case when json_typeof(laps) = 'array' then laps else '[]' end;
begin
  if is_given then
    delete from workouts.laps as l
    where l.session_id = write_laps.session_id
      and not exists (
        select
        from workouts.given_laps(given) as g
        where g.lap_no = l.lap_no
      );
  end if;
  if is_given and json_array_length(given) > 0 then
    insert into workouts.laps as l (
      session_id, lap_no, duration_s, distance_m, ascent_m, descent_m, average_heart_rate_bpm, max_heart_rate_bpm,
      average_power_w
    )
    select
      write_laps.session_id,
      g.lap_no,
      g.duration_s,
      g.distance_m,
      g.ascent_m,
      g.descent_m,
      g.average_heart_rate_bpm,
      g.max_heart_rate_bpm,
      g.average_power_w
    from workouts.given_laps(given) as g
    on conflict (session_id, lap_no) do update
      set duration_s = excluded.duration_s,
          distance_m = excluded.distance_m,
          ascent_m = excluded.ascent_m,
          descent_m = excluded.descent_m,
          average_heart_rate_bpm = excluded.average_heart_rate_bpm,
          max_heart_rate_bpm = excluded.max_heart_rate_bpm,
          average_power_w = excluded.average_power_w
      where (
          l.duration_s, l.distance_m, l.ascent_m, l.descent_m, l.average_heart_rate_bpm, l.max_heart_rate_bpm,
          l.average_power_w
        )
        is distinct from (
          excluded.duration_s, excluded.distance_m, excluded.ascent_m, excluded.descent_m,
          excluded.average_heart_rate_bpm, excluded.max_heart_rate_bpm, excluded.average_power_w
        );
  end if;
  return (
    select p.laps
    from workouts.laps_of_session(write_laps.session_id) as p
  );
end
$$;
