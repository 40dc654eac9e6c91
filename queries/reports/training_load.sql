-- One athlete's training load: fitness, fatigue and form, monotony, and the change from week to week, with their coverage.
-- @param viewer_id  bigint = 1
-- @param athlete_id bigint? = null
-- @param from_on    date? = '2021-11-22'
-- @param to_on      date? = '2026-11-20'
-- @param bucket     text = 'week'
-- @param decay      text = 'exponential'
-- @param estimates  boolean = true
-- @param acwr       boolean = false
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample heavy_athlete: from_on = current_date - 1826, to_on = null, acwr = true
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @sample busiest_coach: to_on = null
-- @sample newcomer: viewer_id = (select max(u.id) from users as u), to_on = null
-- @returns one
-- @column period   json!
-- @column formulas json!
-- @column inputs   json!
-- @column buckets  json!
-- @plan custom
-- @readonly
-- @budget plan: no_seqscan(sets, sessions)
-- @budget run: buffers<=1500
-- Units, sources and edge cases of every figure: docs/FORMULAS.md.
-- A day's load is known if every finished session of it has a rating, or an estimate of one, and a duration. A day without a
-- session has load 0. A day that the viewer does not see is unknown. Averages are over the days since the first session.
with period as materialized (
  select
    p.*,
    decay_rate(:decay, 42) as rate_42,
    decay_rate(:decay, 7) as rate_7
  from report_period(:viewer_id, :athlete_id, :from_on::date, :to_on::date, :bucket) as p
),
own_sessions as materialized (
  -- Of the whole history that the viewer sees: an estimate is the same whatever the period is.
  select
    s.id,
    s.local_on,
    lower(s.title) as title,
    s.rpe::float8 as rpe,
    extract(epoch from s.ended_at - s.started_at)::float8 / 60 as duration_min
  from sessions as s
  where s.athlete_id = (select p.athlete_id from period as p)
    and s.status = 'done'
    and (
      (select p.seen_days is null from period as p)
      or s.local_on <@ (select p.seen_days from period as p)
    )
),
unrated_sessions as materialized (
  select o.id, o.local_on, o.title
  from own_sessions as o
  where :estimates
    and o.rpe is null
    and o.duration_min is not null
    and o.local_on <= (select p.to_on from period as p)
),
team_ratings as (
  -- Three others at least: one's rating cannot be read from a mean of many.
  select
    u.id,
    avg(x.rpe::float8) as rpe
  from unrated_sessions as u
  join sessions as x on lower(x.title) = u.title and x.local_on = u.local_on
  cross join period as p
  where u.title <> ''
    and x.title <> ''
    and x.rpe is not null
    and x.status = 'done'
    and x.athlete_id <> p.athlete_id
    and exists (
      select
      from team_athletes as mine
      join team_athletes as theirs on theirs.team_id = mine.team_id
      where mine.athlete_id = p.athlete_id
        and mine.member_days @> u.local_on
        and theirs.athlete_id = x.athlete_id
        and theirs.member_days @> u.local_on
    )
    and exists (select from team_athletes as t where t.athlete_id = p.athlete_id)
  group by u.id
  having count(distinct x.athlete_id) >= 3
),
title_ratings as (
  select
    o.title,
    percentile_cont(0.5) within group (order by o.rpe) as rpe
  from own_sessions as o
  where o.rpe is not null
    and o.title <> ''
    and exists (select from unrated_sessions)
  group by o.title
  having count(*) >= 3
),
usual_rating as (
  select percentile_cont(0.5) within group (order by o.rpe) as rpe
  from own_sessions as o
  where exists (select from unrated_sessions)
  having count(o.rpe) >= 3
),
estimates as (
  select
    u.id,
    coalesce(t.rpe, n.rpe, r.rpe, w.rpe) as rpe,
    case
      when t.rpe is not null then 'team_mean'
      when n.rpe is not null then 'title_median'
      when r.rpe is not null then 'own_median'
      when w.rpe is not null then 'set_ratings'
    end as basis
  from unrated_sessions as u
  left join team_ratings as t on t.id = u.id
  left join title_ratings as n on n.title = u.title
  left join usual_rating as r on true
  left join lateral (
    select avg(coalesce(x.rpe, 10 - x.rir)::float8) as rpe
    from sets as x
    where x.session_id = u.id
      and is_working_set(x.kind)
      and coalesce(x.rpe, 10 - x.rir) >= 1
      and t.rpe is null
      and n.rpe is null
      and r.rpe is null
  ) as w on true
),
rated_sessions as materialized (
  select
    o.local_on,
    coalesce(o.rpe, e.rpe) * o.duration_min as session_load,
    case
      when o.duration_min is null then 'unknown_duration'
      when o.rpe is not null then 'rated'
      else coalesce(e.basis, 'unknown_rating')
    end as basis
  from own_sessions as o
  left join estimates as e on e.id = o.id
  where o.local_on <= (select p.to_on from period as p)
),
session_days as (
  select
    s.local_on,
    case when bool_and(s.session_load is not null) then sum(s.session_load) end as session_load
  from rated_sessions as s
  group by s.local_on
),
first_day as materialized (
  -- seen_before is the weight of the days that a viewer of some days sees before the first session.
  select
    f.first_on,
    coalesce(sum(power(1 - p.rate_42, least(f.first_on - upper(r.days), 2000))
      - power(1 - p.rate_42, least(f.first_on - lower(r.days), 2000))), 0) as seen_before_42,
    coalesce(sum(power(1 - p.rate_7, least(f.first_on - upper(r.days), 2000))
      - power(1 - p.rate_7, least(f.first_on - lower(r.days), 2000))), 0) as seen_before_7
  from period as p
  cross join (select min(s.local_on) as first_on from rated_sessions as s) as f
  left join lateral (
    select unnest(p.seen_days * datemultirange(daterange(null, f.first_on))) as days
  ) as r on true
  group by f.first_on
),
load_days as (
  select
    d.local_on,
    d.history_days,
    case
      when d.is_seen and s.local_on is null then 0
      when d.is_seen then s.session_load
    end as session_load
  from (
    select
      f.first_on + n as local_on,
      n + 1 as history_days,
      p.seen_days is null or p.seen_days @> f.first_on + n as is_seen
    from first_day as f
    cross join period as p
    cross join lateral generate_series(0, p.to_on - f.first_on) as n
  ) as d
  left join session_days as s on s.local_on = d.local_on
),
load_sums as (
  select
    d.local_on,
    d.history_days,
    (count(d.session_load) over week)::int as known_7,
    coalesce(sum(d.session_load) over week, 0) as load_7,
    stddev_samp(d.session_load) over week as sd_7,
    ewma(coalesce(d.session_load, 0), p.rate_42) over history as sum_42,
    ewma(case when d.session_load is null then 0 else 1 end, p.rate_42) over history as weight_42,
    ewma(coalesce(d.session_load, 0), p.rate_7) over history as sum_7,
    ewma(case when d.session_load is null then 0 else 1 end, p.rate_7) over history as weight_7,
    power(1 - p.rate_42, least(d.history_days, 2000)) as before_42,
    power(1 - p.rate_7, least(d.history_days, 2000)) as before_7
  from load_days as d
  cross join period as p
  window
    history as (order by d.local_on rows unbounded preceding),
    week as (order by d.local_on rows 6 preceding)
),
load_averages as (
  -- Coverage is the share of known days in the weights: of those since the first session for a viewer who sees all days, and
  -- of all days for others, who cannot know what was before.
  select
    d.*,
    d.sum_42 / nullif(d.weight_42, 0) as fitness,
    d.sum_7 / nullif(d.weight_7, 0) as fatigue,
    d.weight_42 / (1 - d.before_42) as known_share_42,
    d.weight_7 / (1 - d.before_7) as known_share_7,
    case
      when p.seen_days is null then d.weight_42 / (1 - d.before_42)
      else d.weight_42 + d.before_42 * f.seen_before_42
    end as coverage_42,
    case
      when p.seen_days is null then d.weight_7 / (1 - d.before_7)
      else d.weight_7 + d.before_7 * f.seen_before_7
    end as coverage_7,
    case when d.history_days >= 7 and d.known_7 >= 6 then d.load_7 / d.known_7 * 7 end as week_load
  from load_sums as d
  cross join first_day as f
  cross join period as p
),
load_reasons as (
  -- A coverage of 0.8 is asked for; 1e-9 less is rounding.
  select
    d.*,
    case
      when d.coverage_42 >= 0.8 - 1e-9 then null
      when d.known_share_42 >= 0.8 - 1e-9 then 'not_seen'
      else 'unknown_load'
    end as fitness_reason,
    case
      when d.coverage_7 >= 0.8 - 1e-9 then null
      when d.known_share_7 >= 0.8 - 1e-9 then 'not_seen'
      else 'unknown_load'
    end as fatigue_reason,
    case
      when d.history_days < 7 then 'too_short'
      when d.known_7 < 6 then 'unknown_load'
    end as week_reason
  from load_averages as d
),
load_figures as materialized (
  -- A deviation up to 1e-9 of the load is a rounding error: seven equal days have the deviation 0.
  select
    d.*,
    case
      when d.week_reason is not null then d.week_reason
      when d.load_7 = 0 then 'no_training'
      when d.sd_7 <= 1e-9 * d.load_7 then 'no_variation'
    end as monotony_reason,
    case
      when d.history_days = 1 then 'no_history'
      else coalesce(lag(d.fitness_reason) over days, lag(d.fatigue_reason) over days)
    end as form_reason,
    lag(d.fitness - d.fatigue) over days as form,
    array[
      lag(d.week_load, 7) over days,
      lag(d.week_load, 14) over days,
      lag(d.week_load, 21) over days,
      lag(d.week_load, 28) over days,
      lag(d.week_load, 35) over days,
      lag(d.week_load, 42) over days,
      lag(d.week_load, 49) over days,
      lag(d.week_load, 56) over days
    ] as weeks_before,
    lag(d.load_7, 7) over days + lag(d.load_7, 14) over days + lag(d.load_7, 21) over days as load_8_to_28,
    lag(d.known_7, 7) over days + lag(d.known_7, 14) over days + lag(d.known_7, 21) over days as known_8_to_28
  from load_reasons as d
  window days as (order by d.local_on)
),
session_buckets as materialized (
  select
    bucket_start(s.local_on, :bucket, p.week_start) as starts_on,
    count(*)::int as session_count,
    (count(*) filter (where s.basis in ('unknown_rating', 'unknown_duration')))::int as unknown_count,
    (
      count(*) filter (where s.basis in ('team_mean', 'title_median', 'own_median', 'set_ratings'))
    )::int as estimated_count,
    sum(s.session_load) as session_load,
    sum(s.session_load) filter (where s.basis <> 'rated') as estimated_load
  from rated_sessions as s
  join period as p on s.local_on >= p.from_on
  group by starts_on
),
buckets as materialized (
  select
    b.starts_on,
    b.ends_on,
    coalesce(s.session_count, 0) as session_count,
    coalesce(s.unknown_count, 0) as unknown_count,
    coalesce(s.estimated_count, 0) as estimated_count,
    coalesce(s.session_load, 0) as session_load,
    coalesce(s.estimated_load, 0) as estimated_load,
    d.local_on is null as is_before,
    coalesce(d.history_days, 0) < 126 as is_warming_up,
    d.coverage_42,
    d.coverage_7,
    case when d.fitness_reason is null then d.fitness end as fitness,
    case when d.fatigue_reason is null then d.fatigue end as fatigue,
    case when d.form_reason is null then d.form end as form,
    d.fitness_reason,
    d.fatigue_reason,
    d.form_reason,
    d.week_reason,
    d.week_load,
    case when d.monotony_reason is null then (d.load_7 / d.known_7) / d.sd_7 end as monotony,
    d.monotony_reason,
    d.week_load - d.weeks_before[1] as change,
    case
      when d.weeks_before[1] > 0 and d.weeks_before[1] >= w.median / 2
        then (d.week_load - d.weeks_before[1]) / d.weeks_before[1] * 100
    end as change_pct,
    case
      when w.weeks >= 6 and w.mean > 0 then (d.week_load - w.mean) / greatest(w.deviation, w.mean / 10)
    end as z_score,
    coalesce(w.weeks, 0) as z_weeks,
    case
      when d.history_days >= 28 and d.known_7 >= 6 and d.known_7 + d.known_8_to_28 >= 23
        then (d.load_7 / d.known_7) / nullif((d.load_7 + d.load_8_to_28) / (d.known_7 + d.known_8_to_28), 0)
    end as acwr_coupled,
    case
      when d.history_days >= 28 and d.known_7 >= 6 and d.known_8_to_28 >= 17
        then (d.load_7 / d.known_7) / nullif(d.load_8_to_28 / d.known_8_to_28, 0)
    end as acwr_uncoupled
  from period as p
  cross join lateral report_buckets(p.from_on, p.to_on, :bucket, p.week_start) as b
  left join session_buckets as s on s.starts_on = b.starts_on
  left join load_figures as d on d.local_on = b.ends_on
  left join lateral (
    select
      count(x.week_load)::int as weeks,
      avg(x.week_load) as mean,
      stddev_samp(x.week_load) as deviation,
      percentile_cont(0.5) within group (order by x.week_load) as median
    from unnest(d.weeks_before) as x (week_load)
  ) as w on true
  order by b.starts_on
)
select
  period_json(p.zone, p.zone_is_known, p.week_start, p.from_on, p.to_on, :bucket) as period,
  p.today,
  p.seen_from,
  load_formulas(:decay, :acwr) as formulas,
  (
    select json_build_object(
      'first_on', f.first_on,
      'sessions', (select count(*) from rated_sessions),
      'rated', count(*) filter (where s.basis = 'rated'),
      'team_mean', count(*) filter (where s.basis = 'team_mean'),
      'title_median', count(*) filter (where s.basis = 'title_median'),
      'own_median', count(*) filter (where s.basis = 'own_median'),
      'set_ratings', count(*) filter (where s.basis = 'set_ratings'),
      'unknown_rating', count(*) filter (where s.basis = 'unknown_rating'),
      'unknown_duration', count(*) filter (where s.basis = 'unknown_duration')
    )
    from rated_sessions as s
  ) as inputs,
  (
    select json_build_object(
      'starts_on', json_agg(b.starts_on),
      'sessions', json_agg(b.session_count),
      'sessions_estimated', json_agg(b.estimated_count),
      'sessions_unknown', json_agg(b.unknown_count),
      'session_load', json_agg(rounded(b.session_load, 1)),
      'estimated_load', json_agg(rounded(b.estimated_load, 1)),
      'fitness', json_agg(rounded(b.fitness, 2)),
      'fitness_coverage', json_agg(rounded(b.coverage_42, 3)),
      'fitness_reason', json_agg(case when b.is_before then 'no_history' else b.fitness_reason end),
      'fatigue', json_agg(rounded(b.fatigue, 2)),
      'fatigue_coverage', json_agg(rounded(b.coverage_7, 3)),
      'fatigue_reason', json_agg(case when b.is_before then 'no_history' else b.fatigue_reason end),
      'form_going_into_day', json_agg(rounded(b.form, 2)),
      'form_reason', json_agg(case when b.is_before then 'no_history' else b.form_reason end),
      'warming_up', json_agg(b.is_warming_up),
      'week_load', json_agg(rounded(b.week_load, 1)),
      'week_reason', json_agg(case when b.is_before then 'no_history' else b.week_reason end),
      'monotony', json_agg(rounded(b.monotony, 3)),
      'monotony_reason', json_agg(case when b.is_before then 'no_history' else b.monotony_reason end),
      'strain', json_agg(rounded(b.week_load * b.monotony, 1)),
      'change', json_agg(rounded(b.change, 1)),
      'change_pct', json_agg(rounded(b.change_pct, 1)),
      'z_score', json_agg(rounded(b.z_score, 2)),
      'z_weeks', json_agg(b.z_weeks),
      'acwr_coupled', case when :acwr then json_agg(rounded(b.acwr_coupled, 3)) end,
      'acwr_uncoupled', case when :acwr then json_agg(rounded(b.acwr_uncoupled, 3)) end
    )
    from buckets as b
  ) as buckets
from period as p
cross join first_day as f
