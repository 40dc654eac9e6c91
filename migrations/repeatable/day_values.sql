-- The values of a day as clients see them, and what is computed from them.

-- The sum of a questionnaire's items; null if one of them is missing.
create or replace function workouts.wellness_sum(day_values jsonb, items text[]) returns integer
language sql immutable parallel safe
return (
  select case when count(*) = cardinality(items) then sum((day_values -> i.code)::float8)::integer end
  from unnest(items) as i (code)
  where day_values ? i.code
);

-- A day: its values by kind, and the sums of its questionnaires.
create or replace function workouts.day_json(local_on date, day_values jsonb) returns json
language sql immutable parallel safe
return json_build_object(
  'local_on', local_on,
  'values', day_values,
  'hooper_index', workouts.wellness_sum(
    day_values, array['hooper_sleep', 'hooper_stress', 'hooper_fatigue', 'hooper_soreness']
  ),
  'mclean_total', workouts.wellness_sum(
    day_values, array['mclean_fatigue', 'mclean_sleep', 'mclean_soreness', 'mclean_stress', 'mclean_mood']
  )
);

-- The athlete's bodyweight on a day: the nearest weighing within 30 days, the earlier one of two that are equally near.
create or replace function workouts.bodyweight_kg(athlete_id bigint, day date) returns float8
language sql stable parallel safe
as $$
  select w.value
  from (
    (
      select v.value, bodyweight_kg.day - v.local_on as distance, 0 as is_later
      from workouts.day_values as v
      where v.athlete_id = bodyweight_kg.athlete_id
        and v.kind = 'weight_kg'
        and v.local_on between bodyweight_kg.day - 30 and bodyweight_kg.day
      order by v.local_on desc
      limit 1
    )
    union all
    (
      select v.value, v.local_on - bodyweight_kg.day, 1
      from workouts.day_values as v
      where v.athlete_id = bodyweight_kg.athlete_id
        and v.kind = 'weight_kg'
        and v.local_on between bodyweight_kg.day + 1 and bodyweight_kg.day + 30
      order by v.local_on
      limit 1
    )
  ) as w
  order by w.distance, w.is_later
  limit 1
$$;
