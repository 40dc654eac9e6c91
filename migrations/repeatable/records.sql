-- What was lifted, and the maxima that are estimated from it.

-- The bodyweight of each day that has one: the nearest weighing within 30 days, the earlier one of two that are equally near.
-- Only weighings that the viewer sees; null: all.
drop function if exists workouts.bodyweight_days(bigint, datemultirange);
create function workouts.bodyweight_days(athlete_id bigint, seen_days datemultirange)
returns table (local_on date, bodyweight_kg float8)
language sql stable parallel safe rows 1000
as $$
  select
    greatest(w.local_on - 30, w.previous_on + (w.local_on - w.previous_on) / 2 + 1) + n,
    w.value
  from (
    select
      v.local_on,
      v.value,
      lag(v.local_on) over days as previous_on,
      lead(v.local_on) over days as next_on
    from workouts.day_values as v
    where v.athlete_id = bodyweight_days.athlete_id
      and v.kind = 'weight_kg'
      and (bodyweight_days.seen_days is null or v.local_on <@ bodyweight_days.seen_days)
    window days as (order by v.local_on)
  ) as w
  cross join lateral generate_series(
    0,
    least(w.local_on + 30, w.local_on + (w.next_on - w.local_on) / 2)
      - greatest(w.local_on - 30, w.previous_on + (w.local_on - w.previous_on) / 2 + 1)
  ) as n
$$;

-- The same as a list of changes: the bodyweight from a day on, until the next row's day; null where it is unknown.
drop function if exists workouts.bodyweight_steps(bigint, datemultirange);
create function workouts.bodyweight_steps(athlete_id bigint, seen_days datemultirange)
returns table (from_on date, bodyweight_kg float8)
language sql stable parallel safe rows 1000
as $$
  with weighings as materialized (
    select
      v.local_on,
      v.value,
      lag(v.local_on) over (order by v.local_on) as previous_on
    from workouts.day_values as v
    where v.athlete_id = bodyweight_steps.athlete_id
      and v.kind = 'weight_kg'
      and (bodyweight_steps.seen_days is null or v.local_on <@ bodyweight_steps.seen_days)
  )
  select greatest(w.local_on - 30, w.previous_on + (w.local_on - w.previous_on) / 2 + 1), w.value
  from weighings as w
  union all
  select w.previous_on + 31, null
  from weighings as w
  where w.local_on - w.previous_on > 61
  union all
  select max(w.local_on) + 31, null
  from weighings as w
  having count(*) > 0
$$;

-- The load of a set, kg: the weight, or with bodyweight the part of it that is lifted, with what was added or helped. Null
-- where it is unknown or not above 0.
create or replace function workouts.effective_load_kg(
  tracking text, bodyweight_factor float8, bodyweight_kg float8, weight_kg float8
) returns float8
language sql immutable parallel safe
return case
  when tracking in ('weight_reps', 'weight_time', 'weight_distance') and weight_kg > 0 then weight_kg
  when tracking = 'bodyweight_reps' and bodyweight_factor * bodyweight_kg + coalesce(weight_kg, 0) > 0
    then bodyweight_factor * bodyweight_kg + coalesce(weight_kg, 0)
end;

-- Percent of the one-repetition maximum that a set was, by its repetitions and those in reserve. OpenPowerlifting's fit of
-- the chart of Tuchscherer (2008), The Reactive Training Manual; flat from 16 on.
create or replace function workouts.share_of_maximum(reps integer, reserve float8) returns float8
language sql immutable parallel safe
return case
  when reserve + least(reps, 24) - 1 = 0 then 100
  when reserve + least(reps, 24) - 1 >= 16 then 50
  when reserve + least(reps, 24) - 1 <= 2.92
    then 0.347619 * power(reserve + least(reps, 24) - 1, 2) - 4.60714 * (reserve + least(reps, 24) - 1) + 99.9667
  else 97.0955 - 2.64249 * (reserve + least(reps, 24) - 1)
end;

-- Whether a set was tried and failed: 0 repetitions of an exercise that counts them. Beside a time or a distance, apps write
-- 0 for no number.
create or replace function workouts.has_failed(tracking text, reps smallint) returns boolean
language sql immutable parallel safe
return coalesce(reps, 1) = 0 and tracking in ('weight_reps', 'bodyweight_reps', 'reps');

-- The one-repetition maximum that a set estimates, kg, by a formula; null above most_reps, or where the formula lacks
-- something. `reserve` is 10 − RPE, or RIR.
create or replace function workouts.e1rm_kg(
  formula text, load_kg float8, reps smallint, reserve float8, most_reps integer
) returns float8
language sql immutable parallel safe
return case
  when load_kg is null or reps is null or reps < 1 or reps > most_reps then null
  when formula = 'epley' then case when reps = 1 then load_kg else load_kg * (1 + reps / 30.0::float8) end
  when formula = 'brzycki' then case when reps < 37 then load_kg * 36 / (37 - reps)::float8 end
  when reserve between 0 and 9 then load_kg * 100 / workouts.share_of_maximum(reps, reserve)
end;

-- The weight of the set that made a record of repetitions, time or distance: the heaviest of those that reached its
-- value on the day. Null for other kinds, whose value is a weight, and where no set of these has one.
create or replace function workouts.record_weight_kg(
  athlete_id bigint, exercise_id bigint, local_on date, kind text, value float8
) returns float8
language sql stable
as $$
  select max(t.weight_kg)
  from workouts.sets as t
  join workouts.sessions as s on s.id = t.session_id
  where t.athlete_id = record_weight_kg.athlete_id
    and t.exercise_id = record_weight_kg.exercise_id
    and t.local_on = record_weight_kg.local_on
    and s.status = 'done'
    and workouts.is_record_set(t.kind)
    and case record_weight_kg.kind
      when 'most_reps' then t.reps = record_weight_kg.value
      when 'longest' then t.duration_s = record_weight_kg.value
      when 'farthest' then workouts.rounded(t.distance_m, 2) = record_weight_kg.value
    end
$$;

-- The formulas of records and estimated maxima, each with its source.
create or replace function workouts.record_formulas(e1rm text, most_reps integer) returns json
language sql immutable parallel safe
return json_build_object(
  'e1rm', workouts.formula_json(
    case e1rm
      when 'epley' then 'w · (1 + r / 30), w itself at 1 rep'
      when 'brzycki' then 'w · 36 / (37 − r)'
      else 'w · 100 / p(x), x = reps in reserve + r − 1; p = 0.347619·x² − 4.60714·x + 99.9667 up to 2.92, then '
        '97.0955 − 2.64249·x, 50 from 16 on, 100 at 0'
    end || format('; sets of up to %s reps', most_reps),
    case e1rm
      when 'epley' then 'Epley 1985, Poundage chart'
      when 'brzycki' then 'Brzycki 1993, JOPERD 64(1):88'
      else 'OpenPowerlifting, fit of Tuchscherer 2008, The Reactive Training Manual'
    end
  ),
  'effective_load', workouts.formula_json(
    'bodyweight exercises: factor · bodyweight of the nearest weighing within 30 days + weight, negative where it '
    'helps; others: weight',
    'factor of the exercise'
  ),
  'records', workouts.formula_json(
    'a day whose best is more than that of all days before, rounded to 0.01; warm-ups are left out, and sets of '
    '0 reps of exercises that count reps',
    'a tie keeps the first'
  )
);

-- The sets of finished sessions up to a day, from the index of the statistics alone. It does not mark sets of other
-- sessions: the few days that have such sessions are read by session.
drop function if exists workouts.counted_sets(bigint, date, datemultirange);
create or replace function workouts.counted_sets(athlete_id bigint, to_on date)
returns table (exercise_id bigint, local_on date, kind "char", weight_kg float8, reps smallint)
language sql stable parallel safe rows 10000
as $$
  select t.exercise_id, t.local_on, t.kind, t.weight_kg, t.reps
  from workouts.sets as t
  where t.athlete_id = counted_sets.athlete_id
    and t.local_on <= counted_sets.to_on
    and t.local_on not in (
      select u.local_on
      from workouts.sessions as u
      where u.athlete_id = counted_sets.athlete_id
        and u.status <> 'done'
    )
  union all
  select t.exercise_id, t.local_on, t.kind, t.weight_kg, t.reps
  from (
    select distinct u.local_on
    from workouts.sessions as u
    where u.athlete_id = counted_sets.athlete_id
      and u.status <> 'done'
      and u.local_on <= counted_sets.to_on
  ) as d
  join workouts.sessions as s on s.athlete_id = counted_sets.athlete_id and s.local_on = d.local_on
  join workouts.sets as t on t.session_id = s.id
  where s.status = 'done'
$$;

-- The sets that an athlete has done, on whatever day: not the planned ones, and none of a planned session. They come from the
-- index of the statistics alone, except on the few days with a planned session or with several; only there session_id says
-- in which session a set was done. On all other days it is null.
drop function if exists workouts.done_sets(bigint);
create function workouts.done_sets(athlete_id bigint)
returns table (exercise_id bigint, local_on date, session_id bigint)
language sql stable parallel safe rows 10000
as $$
  select t.exercise_id, t.local_on, null::bigint
  from workouts.sets as t
  where t.athlete_id = done_sets.athlete_id
    and workouts.is_done_set(t.kind)
    and t.local_on not in (
      select u.local_on
      from workouts.sessions as u
      where u.athlete_id = done_sets.athlete_id
      group by u.local_on
      having count(*) > 1 or bool_or(u.status = 'planned')
    )
  union all
  select t.exercise_id, t.local_on, t.session_id
  from (
    select u.local_on
    from workouts.sessions as u
    where u.athlete_id = done_sets.athlete_id
    group by u.local_on
    having count(*) > 1 or bool_or(u.status = 'planned')
  ) as d
  join workouts.sessions as s on s.athlete_id = done_sets.athlete_id and s.local_on = d.local_on
  cross join lateral (
    select x.exercise_id, x.local_on, x.session_id
    from workouts.sets as x
    where x.session_id = s.id
      and workouts.is_done_set(x.kind)
    offset 0  -- by session: a hash join would read the sets of all
  ) as t
  where s.status <> 'planned'
$$;
