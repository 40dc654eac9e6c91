-- One athlete's training report: totals, volume by muscle, training load, records and the trend of the main lifts.
-- @param viewer_id bigint = 1
-- @param athlete_id bigint? = null
-- @param from_on   date? = '2021-11-22'
-- @param to_on     date? = '2026-11-20'
-- @param bucket    text = 'week'
-- @param e1rm      text = 'epley'
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample heavy_athlete: from_on = current_date - 3650, to_on = null
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @sample busiest_coach: to_on = null
-- @sample newcomer: viewer_id = (select max(u.id) from users as u), to_on = null
-- @returns one
-- @column period           json!
-- @column formulas         json!
-- @column totals           json!
-- @column buckets          json!
-- @column muscle_volume_kg json!
-- @column main_lifts       json!
-- @column records          json!
-- @plan custom
-- @readonly
-- @budget plan: no_seqscan(sets, sessions)
-- @budget run: buffers<=3000
-- Units, sources and edge cases of every figure: docs/FORMULAS.md.
-- Without athlete_id it is the viewer's own report. A viewer who sees only some days of an athlete's training gets all
-- other days as days without training, in every figure. seen_days is null for a viewer who sees all days, so that no day
-- is compared.
with period as materialized (
  -- Checks the parameters whose limits depend on today's date, so that one round trip is enough. Records and averages
  -- read the whole history, whatever the period is. The limits bound the reply and the days after the last session.
  select
    p.athlete_id,
    p.zone,
    p.zone_is_known,
    p.week_start,
    p.seen_days,
    p.from_on,
    p.to_on
  from (
    select
      a.id as athlete_id,
      zone_or_utc(a.zone) as zone,
      knows_zone(a.zone) as zone_is_known,
      a.week_start,
      case
        when :viewer_id in (a.user_id, a.kept_by) then null
        else visible_days_of(:viewer_id, a.id)
      end as seen_days,
      t.today,
      coalesce(:from_on::date, coalesce(:to_on::date, t.today) - 84) as from_on,
      coalesce(:to_on::date, t.today) as to_on
    from athletes as a
    cross join lateral (select (statement_timestamp() at time zone zone_or_utc(a.zone))::date as today) as t
    where a.id = (
        -- For an athlete who does not exist, visible_days_of() gives the reply of an unknown athlete.
        select coalesce(min(x.id), no_such('athlete'))
        from athletes as x
        where x.id = :athlete_id::bigint
          or (:athlete_id::bigint is null and x.user_id = :viewer_id)
      )
  ) as p
  where case
    when p.from_on > p.to_on then refuse('from', 'Expected a day that is not after `to`.') is not null
    when p.to_on > p.today + 366 then refuse('to', 'Expected a day within a year from today.') is not null
    when p.to_on - p.from_on >= case :bucket when 'day' then 3653 when 'week' then 18263 else 36525 end
      then refuse('from', 'Expected at most 10 years by day, 50 by week, 100 by month.') is not null
    else true
  end
),
own_sessions as materialized (
  select
    s.id,
    s.local_on,
    s.status = 'done' as is_done,
    s.rpe::float8 as rpe,
    extract(epoch from s.ended_at - s.started_at)::float8 / 60 as duration_min
  from sessions as s
  where s.athlete_id = (select p.athlete_id from period as p)
    and s.local_on <= (select p.to_on from period as p)
    and (
      (select p.seen_days is null from period as p)
      or s.local_on <@ (select p.seen_days from period as p)
    )
),
session_days as materialized (
  -- session_load is null on a day whose sessions all lack an RPE or an end.
  select
    o.local_on,
    count(*)::int as session_count,
    sum(o.duration_min) as duration_min,
    sum(o.rpe * o.duration_min) as session_load,
    (count(*) filter (where o.rpe is null))::int as without_rpe_count,
    (count(*) filter (where o.duration_min is null))::int as without_duration_count
  from own_sessions as o
  where o.is_done
  group by o.local_on
),
unfinished_days as materialized (
  -- Sets of planned and running sessions do not count, but the statistics index does not mark them. The few days that
  -- have such sessions are read by session. All other days are read from the index only.
  select distinct o.local_on
  from own_sessions as o
  where not o.is_done
),
exercise_days as materialized (
  select
    w.exercise_id,
    w.local_on,
    count(*)::int as set_count,
    (count(*) filter (where is_working_set(w.kind)))::int as working_set_count,
    coalesce(sum(set_volume_kg(w.kind, w.weight_kg, w.reps)), 0) as volume_kg,
    rounded(max(w.weight_kg) filter (where is_record_set(w.kind) and w.reps is distinct from 0), 2) as weight_kg,
    rounded(max(
      case :e1rm
        when 'epley' then e1rm_epley_kg(w.weight_kg, w.reps)
        else e1rm_brzycki_kg(w.weight_kg, w.reps)
      end
    ) filter (where is_record_set(w.kind)), 2) as e1rm_kg
  from (
    select t.exercise_id, t.local_on, t.kind, t.weight_kg, t.reps
    from sets as t
    where t.athlete_id = (select p.athlete_id from period as p)
      and t.local_on <= (select p.to_on from period as p)
      and t.local_on not in (select u.local_on from unfinished_days as u)
      and (
        (select p.seen_days is null from period as p)
        or t.local_on <@ (select p.seen_days from period as p)
      )
    union all
    select t.exercise_id, t.local_on, t.kind, t.weight_kg, t.reps
    from unfinished_days as u
    join own_sessions as o on o.local_on = u.local_on
    cross join lateral (
      select x.exercise_id, x.local_on, x.kind, x.weight_kg, x.reps
      from sets as x
      where x.session_id = o.id
      offset 0  -- keeps the planner reading by session: these are few
    ) as t
    where o.is_done
  ) as w
  where is_done_set(w.kind)
  group by w.exercise_id, w.local_on
),
-- ── training load ───────────────────────────────────────────────────────────────────────────────────────────────
load_days as (
  -- From the first day with a known load to the last day of the period. Days of rest are rows with load 0.
  select
    d.local_on,
    coalesce(s.session_load, 0) as session_load
  from (
    select f.first_on + n as local_on
    from (select min(local_on) as first_on from session_days where session_load is not null) as f
    cross join period as p
    cross join lateral generate_series(0, p.to_on - f.first_on) as n
  ) as d
  left join session_days as s on s.local_on = d.local_on
),
load_averages as (
  select
    local_on,
    row_number() over history as history_days,
    sum(session_load) over week as load_7,
    stddev_samp(session_load) over week as sd_7,
    sum(session_load) over three_weeks_before as load_8_to_28,
    ewma_seeded(session_load, 2 / (7 + 1)::float8) over history as ewma_7,
    ewma_seeded(session_load, 2 / (28 + 1)::float8) over history as ewma_28,
    ewma(session_load, 1 - exp(-1 / 42::float8)) over history as ctl,
    ewma(session_load, 1 - exp(-1 / 7::float8)) over history as atl
  from load_days
  window
    history as (order by local_on rows unbounded preceding),
    week as (order by local_on rows 6 preceding),
    three_weeks_before as (order by local_on rows between 27 preceding and 7 preceding)
),
load_figures as (
  -- A deviation up to 1e-9 of the mean is a rounding error: seven equal days have the deviation 0.
  select
    local_on,
    load_7,
    case when history_days >= 7 and sd_7 > 1e-9 * load_7 then (load_7 / 7) / sd_7 end as monotony,
    case when history_days >= 28 then (load_7 / 7) / nullif((load_7 + load_8_to_28) / 28, 0) end as acwr,
    case when history_days >= 28 then (load_7 / 7) / nullif(load_8_to_28 / 21, 0) end as acwr_uncoupled,
    case when history_days >= 28 then ewma_7 / nullif(ewma_28, 0) end as acwr_ewma,
    ctl,
    atl,
    lag(ctl - atl, 1, 0::float8) over (order by local_on) as tsb
  from load_averages
),
-- ── records ─────────────────────────────────────────────────────────────────────────────────────────────────────
best_days as (
  -- The days that beat all earlier days. Bests are rounded as in the reply: a difference that it does not show is no record.
  select
    exercise_id,
    local_on,
    weight_kg,
    e1rm_kg,
    weight_kg > coalesce(max(weight_kg) over earlier, '-infinity') as is_heaviest,
    e1rm_kg > coalesce(max(e1rm_kg) over earlier, '-infinity') as is_strongest
  from exercise_days
  window earlier as (partition by exercise_id order by local_on rows between unbounded preceding and 1 preceding)
),
bests as (
  -- Every new best, including the very first. A record's previous value is the best before it in this list.
  select
    d.exercise_id,
    b.kind,
    d.local_on,
    b.value_kg,
    lag(b.value_kg) over earlier as beats_kg,
    lag(d.local_on) over earlier as beats_on
  from best_days as d
  cross join lateral (
    values
      ('heaviest_weight', d.weight_kg, d.is_heaviest),
      ('e1rm', d.e1rm_kg, d.is_strongest)
  ) as b (kind, value_kg, is_best)
  where (d.is_heaviest or d.is_strongest)
    and b.is_best
  window earlier as (partition by d.exercise_id, b.kind order by d.local_on)
),
records as materialized (
  select
    bucket_start(b.local_on, :bucket, p.week_start) as starts_on,
    b.local_on,
    b.exercise_id,
    b.kind,
    b.value_kg,
    b.beats_kg,
    b.beats_on
  from bests as b
  join period as p on b.local_on >= p.from_on
  where b.beats_kg is not null
),
-- ── by bucket: local_on, the athlete's own day, decides; instants and zones are not used ────────────────────────
exercise_buckets as materialized (
  select
    bucket_start(d.local_on, :bucket, p.week_start) as starts_on,
    d.exercise_id,
    sum(d.set_count)::int as set_count,
    sum(d.working_set_count)::int as working_set_count,
    sum(d.volume_kg) as volume_kg,
    max(d.e1rm_kg) as e1rm_kg
  from exercise_days as d
  join period as p on d.local_on >= p.from_on
  group by starts_on, d.exercise_id
),
exercises_without_muscles as materialized (
  -- Muscles are looked up once an exercise, here and in muscle_buckets: there are a hundred times as many buckets.
  select x.exercise_id
  from (select distinct b.exercise_id from exercise_buckets as b) as x
  where not exists (select from exercise_muscles as em where em.exercise_id = x.exercise_id)
),
session_buckets as (
  select
    bucket_start(s.local_on, :bucket, p.week_start) as starts_on,
    sum(s.session_count) as session_count,
    sum(s.duration_min) as duration_min,
    sum(s.session_load) as session_load,
    sum(s.without_rpe_count) as without_rpe_count,
    sum(s.without_duration_count) as without_duration_count
  from session_days as s
  join period as p on s.local_on >= p.from_on
  group by starts_on
),
set_buckets as (
  select
    b.starts_on,
    sum(b.set_count) as set_count,
    sum(b.working_set_count) as working_set_count,
    sum(b.volume_kg) as volume_kg,
    sum(b.volume_kg) filter (
      where b.exercise_id in (select x.exercise_id from exercises_without_muscles as x)
    ) as no_muscle_volume_kg
  from exercise_buckets as b
  group by b.starts_on
),
record_buckets as (
  select
    starts_on,
    count(*) as record_count
  from records
  group by starts_on
),
bucket_days as (
  select
    bucket_start(p.from_on + n, :bucket, p.week_start) as starts_on,
    max(p.from_on + n) as ends_on
  from period as p
  cross join lateral generate_series(0, p.to_on - p.from_on) as n
  group by starts_on
),
buckets as materialized (
  -- The first and the last bucket count their days within the period; load figures are those of the last such day.
  select
    c.starts_on,
    coalesce(s.session_count, 0) as sessions,
    coalesce(t.set_count, 0) as sets,
    coalesce(t.working_set_count, 0) as working_sets,
    coalesce(t.volume_kg, 0) as volume_kg,
    coalesce(t.no_muscle_volume_kg, 0) as no_muscle_volume_kg,
    coalesce(s.duration_min, 0) as duration_min,
    coalesce(s.session_load, 0) as session_load,
    coalesce(s.without_rpe_count, 0) as sessions_without_rpe,
    coalesce(s.without_duration_count, 0) as sessions_without_duration,
    coalesce(r.record_count, 0) as new_records,
    l.monotony,
    l.load_7 * l.monotony as strain,
    l.acwr,
    l.acwr_uncoupled,
    l.acwr_ewma,
    coalesce(l.ctl, 0) as ctl,
    coalesce(l.atl, 0) as atl,
    coalesce(l.tsb, 0) as tsb
  from bucket_days as c
  left join session_buckets as s on s.starts_on = c.starts_on
  left join set_buckets as t on t.starts_on = c.starts_on
  left join record_buckets as r on r.starts_on = c.starts_on
  left join load_figures as l on l.local_on = c.ends_on
  order by c.starts_on
),
muscle_buckets as materialized (
  select
    em.muscle_id,
    b.starts_on,
    sum(b.volume_kg * em.share) as volume_kg
  from (
    select
      e.exercise_id,
      array_agg(e.starts_on) as starts,
      array_agg(e.volume_kg) as volumes
    from exercise_buckets as e
    where e.working_set_count > 0
    group by e.exercise_id
  ) as x
  join exercise_muscles as em on em.exercise_id = x.exercise_id
  cross join lateral unnest(x.starts, x.volumes) as b (starts_on, volume_kg)
  group by em.muscle_id, b.starts_on
),
main_lifts as materialized (
  select
    exercise_id,
    sum(working_set_count) as working_sets
  from exercise_buckets
  group by exercise_id
  having max(e1rm_kg) is not null
  order by working_sets desc, exercise_id
  limit 5
)
-- ── the reply ───────────────────────────────────────────────────────────────────────────────────────────────────
-- One array a column instead of one object a bucket: a third of the bytes. Arrays over `buckets` keep the order of that
-- CTE: no join and no grouping stands in between. Empty buckets are filled by union and grouping: the planner, who expects
-- few rows of these CTEs, joined by one of the two columns and threw 340,000 pairs away.
select
  json_build_object(
    'from', p.from_on,
    'to', p.to_on,
    'bucket', :bucket,
    'week_start', p.week_start,
    'zone', p.zone,
    'zone_is_known', p.zone_is_known
  ) as period,
  json_build_object(
    'e1rm', :e1rm,
    'session_load', 'foster_2001',
    'monotony', 'foster_1998',
    'strain', 'foster_1998',
    'acwr', 'rolling_7_28_coupled',
    'acwr_uncoupled', 'rolling_7_21_uncoupled',
    'acwr_ewma', 'williams_2017',
    'ctl', 'ewma_42_days',
    'atl', 'ewma_7_days',
    'tsb', 'yesterdays_ctl_minus_atl'
  ) as formulas,
  (
    select json_build_object(
      'sessions', sum(b.sessions),
      'sets', sum(b.sets),
      'working_sets', sum(b.working_sets),
      'volume_kg', rounded(sum(b.volume_kg), 1),
      'no_muscle_volume_kg', rounded(sum(b.no_muscle_volume_kg), 1),
      'duration_min', rounded(sum(b.duration_min), 1),
      'session_load', rounded(sum(b.session_load), 1),
      'sessions_without_rpe', sum(b.sessions_without_rpe),
      'sessions_without_duration', sum(b.sessions_without_duration),
      'new_records', sum(b.new_records)
    )
    from buckets as b
  ) as totals,
  (
    select json_build_object(
      'starts_on', json_agg(b.starts_on),
      'sessions', json_agg(b.sessions),
      'sets', json_agg(b.sets),
      'working_sets', json_agg(b.working_sets),
      'volume_kg', json_agg(rounded(b.volume_kg, 1)),
      'no_muscle_volume_kg', json_agg(rounded(b.no_muscle_volume_kg, 1)),
      'duration_min', json_agg(rounded(b.duration_min, 1)),
      'session_load', json_agg(rounded(b.session_load, 1)),
      'sessions_without_rpe', json_agg(b.sessions_without_rpe),
      'sessions_without_duration', json_agg(b.sessions_without_duration),
      'new_records', json_agg(b.new_records),
      'monotony', json_agg(rounded(b.monotony, 3)),
      'strain', json_agg(rounded(b.strain, 1)),
      'acwr', json_agg(rounded(b.acwr, 3)),
      'acwr_uncoupled', json_agg(rounded(b.acwr_uncoupled, 3)),
      'acwr_ewma', json_agg(rounded(b.acwr_ewma, 3)),
      'ctl', json_agg(rounded(b.ctl, 2)),
      'atl', json_agg(rounded(b.atl, 2)),
      'tsb', json_agg(rounded(b.tsb, 2))
    )
    from buckets as b
  ) as buckets,
  (
    select coalesce(json_object_agg(m.name, m.volumes order by m.name), '{}')
    from (
      select
        n.name,
        json_agg(rounded(v.volume_kg, 1) order by v.starts_on) as volumes
      from (
        select
          g.muscle_id,
          g.starts_on,
          sum(g.volume_kg) as volume_kg
        from (
          select t.muscle_id, b.starts_on, 0 as volume_kg
          from (select distinct muscle_id from muscle_buckets) as t
          cross join buckets as b
          union all
          select muscle_id, starts_on, volume_kg
          from muscle_buckets
        ) as g
        group by g.muscle_id, g.starts_on
      ) as v
      join muscles as n on n.id = v.muscle_id
      group by n.name
    ) as m
  ) as muscle_volume_kg,
  (
    select coalesce(json_agg(
      json_build_object(
        'exercise_id', l.exercise_id,
        'exercise', l.exercise,
        'working_sets', l.working_sets,
        'e1rm_kg', l.e1rms_kg
      ) order by l.working_sets desc, l.exercise_id
    ), '[]')
    from (
      select
        m.exercise_id,
        x.name as exercise,
        m.working_sets,
        e.e1rms_kg
      from (
        select
          c.exercise_id,
          json_agg(c.e1rm_kg order by c.starts_on) as e1rms_kg
        from (
          select
            g.exercise_id,
            g.starts_on,
            max(g.e1rm_kg) as e1rm_kg
          from (
            select t.exercise_id, b.starts_on, null as e1rm_kg
            from main_lifts as t
            cross join buckets as b
            union all
            select exercise_id, starts_on, e1rm_kg
            from exercise_buckets
            where exercise_id in (select t.exercise_id from main_lifts as t)
          ) as g
          group by g.exercise_id, g.starts_on
        ) as c
        group by c.exercise_id
        offset 0
      ) as e
      join main_lifts as m on m.exercise_id = e.exercise_id
      join exercises as x on x.id = e.exercise_id
    ) as l
  ) as main_lifts,
  (
    select coalesce(json_agg(
      json_build_object(
        'local_on', r.local_on,
        'exercise_id', r.exercise_id,
        'exercise', x.name,
        'kind', r.kind,
        'value_kg', r.value_kg,
        'beats_kg', r.beats_kg,
        'beats_on', r.beats_on,
        'gain_kg', rounded(r.value_kg - r.beats_kg, 2)
      ) order by r.local_on, x.name, r.exercise_id, r.kind
    ), '[]')
    from records as r
    join exercises as x on x.id = r.exercise_id
  ) as records
from period as p
