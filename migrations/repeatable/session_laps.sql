-- What sessions keep of their laps for the reports. laps.sql has the fields of a lap.

-- What loads need of a session's laps; no row without laps that last. Heart rates are a list, because TRIMP and zones depend
-- on the athlete's settings; the effort of a pace is a sum: rtss() is the effort times the square of the threshold.
drop function if exists workouts.lap_sums(bigint);
create function workouts.lap_sums(session_id bigint)
returns table (laps_s float8, lap_durations_s float8[], lap_heart_rates_bpm float8[], laps_effort float8)
language sql stable parallel safe rows 1
as $$
  select
    sum(l.duration_s order by l.lap_no),
    case when bool_and(l.average_heart_rate_bpm is not null) then array_agg(l.duration_s order by l.lap_no) end,
    case
      when bool_and(l.average_heart_rate_bpm is not null) then array_agg(l.average_heart_rate_bpm order by l.lap_no)
    end,
    case
      when bool_and(coalesce(g.graded_m <= 12.5 * l.duration_s, false)) and sum(l.distance_m) > 0
        then sum(power(g.graded_m, 2) / l.duration_s order by l.lap_no)
    end
  from workouts.laps as l
  cross join lateral (select workouts.graded_distance_m(l.distance_m, l.ascent_m, l.descent_m) as graded_m) as g
  where l.session_id = lap_sums.session_id
    and l.duration_s > 0
  group by l.session_id
$$;

-- Keeps lap_sums() beside the session, whoever writes laps. The sessions are locked first: a write that waited here for another
-- one then sees its laps.
create or replace function workouts.keep_lap_sums() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'TRUNCATE' then
    update workouts.sessions as s
    set laps_s = null, lap_durations_s = null, lap_heart_rates_bpm = null, laps_effort = null
    where s.laps_s > 0;
    return null;
  end if;
  if not exists (select from changed_laps) then
    return null;
  end if;
  perform s.id
  from workouts.sessions as s
  where s.id in (select c.session_id from changed_laps as c)
  order by s.id
  for no key update;
  if not found then
    return null;  -- they are deleted themselves
  end if;
  update workouts.sessions as s
  set laps_s = coalesce(k.laps_s, 0),
      lap_durations_s = k.lap_durations_s,
      lap_heart_rates_bpm = k.lap_heart_rates_bpm,
      laps_effort = k.laps_effort
  from (select distinct c.session_id from changed_laps as c) as c
  left join lateral workouts.lap_sums(c.session_id) as k on true
  where s.id = c.session_id;
  return null;
end
$$;

create or replace trigger laps_keep_sums_of_new
after insert on workouts.laps
referencing new table as changed_laps
for each statement
execute function workouts.keep_lap_sums();

create or replace trigger laps_keep_sums_of_deleted
after delete on workouts.laps
referencing old table as changed_laps
for each statement
execute function workouts.keep_lap_sums();

create or replace trigger laps_keep_sums_of_changed
after update on workouts.laps
referencing new table as changed_laps
for each statement
execute function workouts.keep_lap_sums();

-- A lap that moves to another session leaves one as well.
create or replace trigger laps_keep_sums_of_former
after update on workouts.laps
referencing old table as changed_laps
for each statement
execute function workouts.keep_lap_sums();

-- Not known, until mend_copies has looked.
create or replace trigger laps_keep_no_sums
after truncate on workouts.laps
for each statement
execute function workouts.keep_lap_sums();
