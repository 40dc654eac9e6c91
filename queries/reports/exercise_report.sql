-- One exercise of an athlete: its history by day, bests, records and the table of rep maxima.
-- @param viewer_id   bigint = 1
-- @param athlete_id  bigint? = null
-- @param exercise_id bigint = 1
-- @param from_on     date? = '2021-11-22'
-- @param to_on       date? = '2026-11-20'
-- @param e1rm        text = 'epley'
-- @param most_reps   int = 10
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample heavy_athlete: exercise_id = (select t.exercise_id from sets as t where t.athlete_id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1) group by 1 order by count(*) desc limit 1)
-- @sample heavy_athlete: from_on = current_date - 1826, to_on = null
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @sample busiest_coach: to_on = null
-- @sample newcomer: viewer_id = (select max(u.id) from users as u), to_on = null
-- @returns one
-- @column period     json!
-- @column exercise   json!
-- @column formulas   json!
-- @column inputs     json!
-- @column history    json!
-- @column rep_maxima json!
-- @column records    json!
-- @plan generic
-- @waive custom-plan: whom it is about comes from a function, so that values change no plan; planning took as long as a light athlete's report
-- @readonly
-- @budget plan: no_seqscan(sets, sessions, day_values)
-- @budget run: buffers<=3000
-- Records begin with the first day; the first performance is no record. A merged exercise is shown as what it became.
with period as materialized (
  select p.*
  from report_period(:viewer_id, :athlete_id, :from_on::date, :to_on::date, 'day') as p
),
exercise as materialized (
  select x.id, x.name, x.tracking, x.bodyweight_factor, x.is_per_hand
  from period as p
  cross join lateral (select coalesce(merged_exercise_id(:exercise_id), no_such('exercise')) as id) as m
  cross join lateral (
    select coalesce(
      (
        select e.id
        from exercises as e
        where e.id = m.id
          and (
            e.athlete_id is null
            or (
              e.athlete_id = p.athlete_id
              and (p.seen_days is null or sees_exercise(:viewer_id, p.athlete_id, e.id))
            )
          )
      ),
      no_such('exercise')
    ) as id
  ) as seen
  join exercises as x on x.id = seen.id
),
unfinished as materialized (
  select s.id
  from sessions as s
  where s.athlete_id = (select p.athlete_id from period as p)
    and s.status <> 'done'
),
lifts as materialized (
  select
    t.session_id,
    t.local_on,
    t.reps,
    t.weight_kg,
    t.duration_s,
    t.distance_m,
    x.tracking,
    f.load_kg,
    f.load_kg * f.lifted_reps as volume_kg,
    f.lifted_reps,
    e1rm_kg(:e1rm, f.load_kg, f.lifted_reps, coalesce((10 - t.rpe)::float8, t.rir::float8), :most_reps::int) as e1rm_kg
  from sets as t
  cross join exercise as x
  left join bodyweight_days(
    (select p.athlete_id from period as p where (select e.tracking = 'bodyweight_reps' from exercise as e)),
    (select p.seen_days from period as p)
  ) as b on b.local_on = t.local_on
  cross join lateral (
    select
      effective_load_kg(x.tracking, x.bodyweight_factor, b.bodyweight_kg, t.weight_kg) as load_kg,
      case when x.tracking in ('weight_reps', 'bodyweight_reps') then t.reps end as lifted_reps
  ) as f
  where t.athlete_id = (select p.athlete_id from period as p)
    and t.exercise_id = (select e.id from exercise as e)
    and t.local_on <= (select p.to_on from period as p)
    and is_record_set(t.kind)
    and not has_failed(x.tracking, t.reps)
    and t.session_id not in (select u.id from unfinished as u)
    and (
      (select p.seen_days is null from period as p)
      or t.local_on <@ (select p.seen_days from period as p)
    )
),
session_volumes as (
  select
    l.local_on,
    max(l.volume_kg) as volume_kg
  from (
    select t.session_id, t.local_on, sum(t.volume_kg) as volume_kg
    from lifts as t
    group by t.session_id, t.local_on
  ) as l
  group by l.local_on
),
lift_days as materialized (
  select
    l.local_on,
    count(*)::int as set_count,
    (count(*) filter (where l.load_kg is null))::int as unknown_count,
    rounded(
      max(
        case when l.tracking = 'bodyweight_reps' then l.load_kg when l.tracking like 'weight%' then l.weight_kg end
      ), 2
    ) as heaviest,
    rounded(max(l.e1rm_kg), 2) as e1rm,
    rounded(max(l.volume_kg), 2) as set_volume,
    rounded(sum(l.volume_kg), 2) as volume,
    max(case when l.tracking in ('weight_reps', 'bodyweight_reps', 'reps') then l.reps end)::float8 as most_reps,
    max(case when l.tracking in ('time', 'weight_time', 'distance_time') then l.duration_s end)::float8 as longest,
    rounded(max(case when l.tracking in ('distance_time', 'weight_distance') then l.distance_m end), 2) as farthest
  from lifts as l
  group by l.local_on
),
bests as (
  select
    d.local_on,
    k.kind,
    k.unit,
    k.value,
    max(k.value) over (
      partition by k.kind
      order by d.local_on
      rows between unbounded preceding and 1 preceding
    ) as best_before
  from lift_days as d
  left join session_volumes as v on v.local_on = d.local_on
  cross join lateral (
    values
      ('heaviest', 'kg', d.heaviest),
      ('e1rm', 'kg', d.e1rm),
      ('set_volume', 'kg', d.set_volume),
      ('session_volume', 'kg', rounded(v.volume_kg, 2)),
      ('most_reps', 'reps', d.most_reps),
      ('longest', 's', d.longest),
      ('farthest', 'm', d.farthest)
  ) as k (kind, unit, value)
  where k.value is not null
),
records as materialized (
  select
    b.local_on,
    b.kind,
    b.unit,
    b.value,
    lag(b.value) over steps as beats,
    lag(b.local_on) over steps as beats_on
  from bests as b
  where b.value > coalesce(b.best_before, '-infinity')
  window steps as (partition by b.kind order by b.local_on)
),
best_by_reps as materialized (
  -- Once, and not for each number of repetitions.
  select distinct on (r.reps)
    r.reps,
    r.load_kg,
    r.local_on
  from (
    select
      least(l.lifted_reps, 20) as reps,
      rounded(l.load_kg, 2) as load_kg,
      l.local_on
    from lifts as l
    where l.load_kg is not null
      and l.lifted_reps > 0
  ) as r
  order by r.reps, r.load_kg desc, r.local_on
)
select
  period_json(p.zone, p.zone_is_known, p.week_start, p.from_on, p.to_on, 'day') as period,
  p.seen_from,
  json_build_object(
    'id', x.id,
    'name', x.name,
    'tracking', x.tracking,
    'bodyweight_factor', x.bodyweight_factor,
    'is_per_hand', x.is_per_hand
  ) as exercise,
  record_formulas(:e1rm, :most_reps::int) as formulas,
  (
    select json_build_object(
      'first_on', min(l.local_on),
      'sets', count(*),
      'sets_without_load', count(*) filter (where l.load_kg is null),
      'sets_with_e1rm', count(l.e1rm_kg)
    )
    from lifts as l
  ) as inputs,
  (
    select json_build_object(
      'local_on', coalesce(json_agg(d.local_on order by d.local_on), '[]'),
      'sets', coalesce(json_agg(d.set_count order by d.local_on), '[]'),
      'sets_without_load', coalesce(json_agg(d.unknown_count order by d.local_on), '[]'),
      'heaviest_kg', coalesce(json_agg(d.heaviest order by d.local_on), '[]'),
      'e1rm_kg', coalesce(json_agg(d.e1rm order by d.local_on), '[]'),
      'volume_kg', coalesce(json_agg(case when d.unknown_count = 0 then d.volume end order by d.local_on), '[]'),
      'most_reps', coalesce(json_agg(d.most_reps order by d.local_on), '[]'),
      'longest_s', coalesce(json_agg(d.longest order by d.local_on), '[]'),
      'farthest_m', coalesce(json_agg(d.farthest order by d.local_on), '[]')
    )
    from lift_days as d
    where d.local_on >= p.from_on
  ) as history,
  (
    select json_agg(json_build_object('reps', r.reps, 'load_kg', m.load_kg, 'local_on', m.local_on) order by r.reps)
    from unnest(array[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 20]) as r (reps)
    left join lateral (
      select b.load_kg, b.local_on
      from best_by_reps as b
      where b.reps >= r.reps
      order by b.load_kg desc, b.local_on
      limit 1
    ) as m on true
  ) as rep_maxima,
  (
    select coalesce(json_agg(
      json_build_object(
        'local_on', r.local_on,
        'kind', r.kind,
        'unit', r.unit,
        'value_kg', case when r.unit = 'kg' then r.value end,
        'value', case when r.unit <> 'kg' then r.value end,
        'at_weight_kg', case
          when r.unit <> 'kg' then record_weight_kg(p.athlete_id, x.id, r.local_on, r.kind, r.value)
        end,
        'beats_kg', case when r.unit = 'kg' then r.beats end,
        'beats', case when r.unit <> 'kg' then r.beats end,
        'beats_on', r.beats_on
      ) order by r.local_on, r.kind
    ), '[]')
    from records as r
    where r.beats is not null
      and r.local_on >= p.from_on
  ) as records
from period as p
cross join exercise as x
