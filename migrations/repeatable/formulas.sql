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

-- The first day of the bucket (day, week, month) in which a day lies; weeks begin on the ISO weekday week_start.
create or replace function workouts.bucket_start(day date, bucket text, week_start smallint) returns date
language sql immutable parallel safe
return case bucket
  when 'day' then day
  when 'week' then day - (extract(isodow from day)::integer - week_start + 7) % 7
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
