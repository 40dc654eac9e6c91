-- An athlete's records in all exercises, newest first, a page at a time.
-- @param viewer_id       bigint = 1
-- @param athlete_id      bigint? = null
-- @param exercise_id     bigint? = null
-- @param kind            text? = null
-- @param e1rm            text = 'epley'
-- @param before_on       date = 'infinity'
-- @param after_exercise  bigint = 0
-- @param after_kind      text = ''
-- @param limit           int = 51
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @column local_on date!
-- @column exercise_id bigint!
-- @column exercise text!
-- @column kind text!
-- @returns many
-- @plan custom
-- @readonly
-- @budget plan: no_seqscan(sets, sessions)
-- @budget run: buffers<=12000
-- Every record needs the history before it, so a page costs as much as all of them. Records of repetitions and load are made
-- from the index of the statistics; time and distance are not in it, and are read of the exercises that track them.
with period as materialized (
  select p.*
  from report_period(:viewer_id, :athlete_id, null, null, 'day') as p
),
counted as materialized (
  select c.exercise_id, c.local_on, c.kind, c.weight_kg, c.reps
  from period as p
  cross join lateral counted_sets(p.athlete_id, p.to_on, p.seen_days) as c
  where :exercise_id::bigint is null
    or c.exercise_id = :exercise_id
),
done_exercises as materialized (
  -- Looked up once an exercise, and not once a set.
  select x.id, x.name, x.tracking, x.bodyweight_factor
  from exercises as x
  where x.id in (select distinct c.exercise_id from counted as c)
),
bodyweights as materialized (
  select b.local_on, b.bodyweight_kg
  from period as p
  cross join lateral bodyweight_days(p.athlete_id, p.seen_days) as b
  where exists (select from done_exercises as x where x.tracking = 'bodyweight_reps')
),
lift_days as (
  select
    t.exercise_id,
    t.local_on,
    rounded(
      max(case when x.tracking = 'bodyweight_reps' then f.load_kg when x.tracking <> 'reps' then t.weight_kg end), 2
    ) as heaviest,
    rounded(max(e1rm_kg(:e1rm, f.load_kg, f.lifted_reps, null, 10)), 2) as e1rm,
    rounded(max(f.load_kg * f.lifted_reps), 2) as set_volume,
    max(case when x.tracking in ('weight_reps', 'bodyweight_reps', 'reps') then t.reps end)::float8 as most_reps,
    null::float8 as longest,
    null::float8 as farthest
  from counted as t
  join done_exercises as x on x.id = t.exercise_id
  left join bodyweights as b on b.local_on = t.local_on
  cross join lateral (
    select
      effective_load_kg(x.tracking, x.bodyweight_factor, b.bodyweight_kg, t.weight_kg) as load_kg,
      case when x.tracking in ('weight_reps', 'bodyweight_reps') then t.reps end as lifted_reps
  ) as f
  where is_record_set(t.kind)
    and t.reps is distinct from 0
    and x.tracking in ('weight_reps', 'bodyweight_reps', 'reps', 'weight_time', 'weight_distance')
  group by t.exercise_id, t.local_on
  union all
  select
    t.exercise_id,
    t.local_on,
    null,
    null,
    null,
    null,
    max(case when x.tracking in ('time', 'weight_time', 'distance_time') then t.duration_s end)::float8,
    rounded(max(case when x.tracking in ('distance_time', 'weight_distance') then t.distance_m end), 2)
  from period as p
  join done_exercises as x on x.tracking in ('time', 'weight_time', 'distance_time', 'weight_distance')
  join sets as t on t.athlete_id = p.athlete_id and t.exercise_id = x.id
  join sessions as s on s.id = t.session_id and s.status = 'done'
  where t.local_on <= p.to_on
    and (p.seen_days is null or t.local_on <@ p.seen_days)
    and is_record_set(t.kind)
    and t.reps is distinct from 0
  group by t.exercise_id, t.local_on
),
days_before as (
  select
    d.*,
    max(d.heaviest) over earlier as heaviest_before,
    max(d.e1rm) over earlier as e1rm_before,
    max(d.set_volume) over earlier as set_volume_before,
    max(d.most_reps) over earlier as most_reps_before,
    max(d.longest) over earlier as longest_before,
    max(d.farthest) over earlier as farthest_before
  from lift_days as d
  window earlier as (
    partition by d.exercise_id
    order by d.local_on
    rows between unbounded preceding and 1 preceding
  )
),
steps as (
  -- The days that beat all days before, the first one among them.
  select d.exercise_id, d.local_on, k.kind, k.unit, k.value
  from days_before as d
  cross join lateral (
    values
      ('heaviest', 'kg', d.heaviest, d.heaviest_before),
      ('e1rm', 'kg', d.e1rm, d.e1rm_before),
      ('set_volume', 'kg', d.set_volume, d.set_volume_before),
      ('most_reps', 'reps', d.most_reps, d.most_reps_before),
      ('longest', 's', d.longest, d.longest_before),
      ('farthest', 'm', d.farthest, d.farthest_before)
  ) as k (kind, unit, value, best_before)
  where k.value > coalesce(k.best_before, '-infinity')
),
records as (
  select
    s.exercise_id,
    s.local_on,
    s.kind,
    s.unit,
    s.value,
    lag(s.value) over earlier as beats,
    lag(s.local_on) over earlier as beats_on
  from steps as s
  window earlier as (partition by s.exercise_id, s.kind order by s.local_on)
)
select
  r.local_on,
  r.exercise_id,
  x.name as exercise,
  r.kind,
  r.unit,
  case when r.unit = 'kg' then r.value end as value_kg,
  case when r.unit <> 'kg' then r.value end as value,
  case when r.unit = 'kg' then r.beats end as beats_kg,
  case when r.unit <> 'kg' then r.beats end as beats,
  r.beats_on
from records as r
join done_exercises as x on x.id = r.exercise_id
where r.beats is not null
  and (:kind::text is null or r.kind = :kind)
  and (
    r.local_on < :before_on
    or (r.local_on = :before_on and (r.exercise_id, r.kind) > (:after_exercise, :after_kind))
  )
order by r.local_on desc, r.exercise_id, r.kind
limit :limit
