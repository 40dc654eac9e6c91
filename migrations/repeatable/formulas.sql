-- Formulas of training science that need a running state, or that several queries use.

-- Estimated one-repetition maximum, kg. Epley, B. (1985), Poundage chart: w · (1 + r / 30), and w itself at one rep.
create or replace function workouts.e1rm_epley_kg(weight_kg float8, reps smallint) returns float8
language sql immutable parallel safe
return case
  when weight_kg > 0 and reps = 1 then weight_kg
  when weight_kg > 0 and reps > 1 then weight_kg * (1 + reps / 30.0::float8)
end;

-- Estimated one-repetition maximum, kg. Brzycki, M. (1993), Strength testing: w · 36 / (37 − r), for up to 10 reps.
create or replace function workouts.e1rm_brzycki_kg(weight_kg float8, reps smallint) returns float8
language sql immutable parallel safe
return case when weight_kg > 0 and reps between 1 and 10 then weight_kg * 36 / (37 - reps)::float8 end;

-- Exponentially weighted average with seed 0: fitness and fatigue (CTL, ATL) use λ = 1 − e^(−1/τ).
-- It is an aggregate that is used as a window function: a recursive query takes 86–200 ms over five years. It is written
-- in PL/pgSQL, because a step function is never inlined: four averages of 1,826 days take 2–4 ms, and 9–12 ms with steps
-- in SQL. A state below 1e-30 becomes 0. Otherwise it would fall below the range of float8 (after 7 years of rest at
-- λ = 0.25), which is error 22003.
create or replace function workouts.ewma_step(state float8, value float8, lambda float8) returns float8
language plpgsql immutable parallel safe
as $$
begin
  if state is null then
    return lambda * value;
  elsif value = 0 and state < 1e-30 then
    return 0;
  end if;
  return state + lambda * (value - state);
end
$$;

create or replace aggregate workouts.ewma(value float8, lambda float8) (sfunc = workouts.ewma_step, stype = float8);

-- The same with the first value as seed: ACWR by λ = 2 / (N + 1). Williams, S. et al. (2017), Br J Sports Med 51:209.
create or replace function workouts.ewma_seeded_step(state float8, value float8, lambda float8) returns float8
language plpgsql immutable parallel safe
as $$
begin
  if state is null then
    return value;
  elsif value = 0 and state < 1e-30 then
    return 0;
  end if;
  return state + lambda * (value - state);
end
$$;

create or replace aggregate workouts.ewma_seeded(value float8, lambda float8) (
  sfunc = workouts.ewma_seeded_step,
  stype = float8
);

-- The load of each day from the first to the last, as a list: the sum of its sessions, 0 without one. Null is an
-- unknown load: that of a session of the day is null, or the day is not among the seen ones (null: all are). The lists
-- of sessions belong together: on which day each was, and its load. A loop that writes to places of a list takes less
-- than half of a join with all days.
create or replace function workouts.daily_loads(
  first_on date, last_on date, seen_days datemultirange, session_days date[], session_loads float8[]
) returns float8[]
language plpgsql immutable parallel safe
as $$
declare
  loads float8[] := array_fill(0::float8, array[last_on - first_on + 1]);
  session_on date;
  session_no integer := 0;
  place integer;
begin
  foreach session_on in array session_days loop
    session_no := session_no + 1;
    place := session_on - first_on + 1;
    loads[place] := loads[place] + session_loads[session_no];
  end loop;
  if seen_days is not null then
    for day_no in 1 .. last_on - first_on + 1 loop
      if not seen_days @> first_on + day_no - 1 then
        loads[day_no] := null;
      end if;
    end loop;
  end if;
  return loads;
end
$$;

-- The two averages of a list of daily loads, as ewma() makes them, on the days that are asked for: rising numbers, and
-- the list begins with day 1. A null is an unknown load, and adds nothing. The weights are then the averages of 1 for a
-- known day and 0 for another; they are null where every day is known, because they follow from the number of days. One
-- loop takes a third of the time of two window functions, which call a function for each day.
create or replace function workouts.load_averages(
  loads float8[], rate_42 float8, rate_7 float8, asked_days integer[]
)
returns table (history_days integer, sum_42 float8, weight_42 float8, sum_7 float8, weight_7 float8)
language plpgsql immutable parallel safe rows 500
as $$
declare
  has_unknown constant boolean := array_position(loads, null) is not null;
  day_load float8;
  known float8;
  place integer := 1;
begin
  history_days := 0;
  sum_42 := 0;
  sum_7 := 0;
  if has_unknown then
    weight_42 := 0;
    weight_7 := 0;
  end if;
  foreach day_load in array loads loop
    history_days := history_days + 1;
    if has_unknown then
      known := case when day_load is null then 0 else 1 end;
      day_load := coalesce(day_load, 0);
      weight_42 := case when known = 0 and weight_42 < 1e-30 then 0 else weight_42 + rate_42 * (known - weight_42) end;
      weight_7 := case when known = 0 and weight_7 < 1e-30 then 0 else weight_7 + rate_7 * (known - weight_7) end;
    end if;
    sum_42 := case when day_load = 0 and sum_42 < 1e-30 then 0 else sum_42 + rate_42 * (day_load - sum_42) end;
    sum_7 := case when day_load = 0 and sum_7 < 1e-30 then 0 else sum_7 + rate_7 * (day_load - sum_7) end;
    if history_days = asked_days[place] then
      return next;
      place := place + 1;
    end if;
  end loop;
end
$$;

-- The weight that the unseen days from the first to the last have in an average of that rate on the last day: the sum
-- of rate · (1 − rate)^age over them.
create or replace function workouts.unseen_weight(
  first_on date, last_on date, seen_days datemultirange, rate float8
) returns float8
language sql immutable parallel safe
return coalesce((
  select sum(
    power(1 - rate, least(last_on + 1 - upper(r.days), 2000))
    - power(1 - rate, least(last_on + 1 - lower(r.days), 2000))
  )
  from unnest(datemultirange(daterange(first_on, last_on + 1)) - seen_days) as r (days)
), 0);

-- The first day of the bucket (day, week, month) in which a day lies; weeks begin on the ISO weekday week_start. Days are
-- counted from a Monday, because extract() makes a numeric, which takes longer.
create or replace function workouts.bucket_start(day date, bucket text, week_start smallint) returns date
language sql immutable parallel safe
return case bucket
  when 'day' then day
  when 'week' then day - ((day - '2001-01-01'::date - week_start + 1) % 7 + 7) % 7
  when 'month' then date_trunc('month', day::timestamp)::date
end;

-- A value rounded for a reply. It is float8 and not numeric: that is cheap and has no trailing zeros. Adding 0 turns −0
-- into 0.
create or replace function workouts.rounded(value float8, digits integer) returns float8
language sql immutable parallel safe
return round(value * power(10::float8, digits::float8)) / power(10::float8, digits::float8) + 0::float8;

-- A formula with its source, and what speaks against it, if something does.
create or replace function workouts.formula_json(formula text, source text, warning text default null) returns json
language sql immutable parallel safe
return json_build_object('formula', formula, 'source', source, 'warning', warning);
