-- One athlete's training load: fitness, fatigue and form, monotony, and the change from week to week, with their coverage.
-- Made by `workouts sql variants` from training_load.template: what is changed here is lost.
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
-- @plan generic
-- @waive custom-plan: whom it is about comes from a function, so that values change no plan; planning took as long as a light athlete's report
-- @readonly
-- @budget plan: no_seqscan(sets, sessions)
-- @budget run: buffers<=1500
-- Units, sources and edge cases of every figure: docs/FORMULAS.md.
-- A day's load is known if every finished session of it has a rating, or an estimate of one, and a duration. A day without a
-- session has load 0. A day that the viewer does not see is unknown. Averages are over the days since the first session.
with period as materialized (
  -- Who sees some days does not know that there was no training before.
  select
    p.*,
    decay_rate(:decay, 42) as rate_42,
    decay_rate(:decay, 7) as rate_7,
    case when p.seen_days is null then 'no_history' else 'not_seen' end as no_history
  from report_period(:viewer_id, :athlete_id, :from_on::date, :to_on::date, :bucket) as p
),
own_sessions as materialized (
  -- Of the whole history that the viewer sees: an estimate is the same whatever the period is. A session that ends when it
  -- begins was written down later: its duration is not known.
  select
    s.id,
    s.local_on,
    s.title,
    s.rpe::float8 as rpe,
    nullif(date_part('epoch', s.ended_at - s.started_at), 0) / 60 as duration_min,
    s.set_rating,
    coalesce(s.set_rating_version = s.version, false) as knows_set_rating
  from sessions as s
  where s.athlete_id = (select p.athlete_id from period as p)
    and s.status = 'done'
    and (
      (select p.seen_days is null from period as p)
      or s.local_on <@ (select p.seen_days from period as p)
    )
),
unrated_sessions as materialized (
  select o.id, o.local_on, lower(o.title) as title, o.duration_min, o.set_rating, o.knows_set_rating
  from own_sessions as o
  where :estimates
    and o.rpe is null
    and o.duration_min is not null
    and o.local_on <= (select p.to_on from period as p)
),
teammates as materialized (
  -- Only whom the viewer sees, and on the days that the viewer sees: whoever brings some of the ratings of a mean could
  -- compute the others from it.
  select
    theirs.athlete_id,
    range_agg(mine.member_days * theirs.member_days * v.days) as days
  from period as p
  join team_athletes as mine on mine.athlete_id = p.athlete_id
  join team_athletes as theirs on theirs.team_id = mine.team_id and theirs.athlete_id <> mine.athlete_id
  join visible_days(:viewer_id) as v on v.athlete_id = theirs.athlete_id
  where exists (select from unrated_sessions as u where u.title <> '')
  group by theirs.athlete_id
),
team_ratings as (
  -- One look for a title and day, into the sessions of teammates alone. A mean is of three at least.
  select
    x.title,
    x.local_on,
    avg(x.rpe) as rpe
  from teammates as m
  cross join lateral (
    select
      s.athlete_id,
      s.local_on,
      lower(s.title) as title,
      s.rpe::float8 as rpe
    from sessions as s
    where s.athlete_id = m.athlete_id
      and s.local_on = any(array(select u.local_on from unrated_sessions as u where u.title <> ''))
      and s.local_on <@ m.days
      and s.rpe is not null
      and s.status = 'done'
    offset 0  -- by athlete: an index by titles would show those of strangers
  ) as x
  group by x.title, x.local_on
  having count(distinct x.athlete_id) >= 3
),
team_ratings_by_day as materialized (
  -- Looked up by key: a join of two lists, of which the planner expects one row each, would compare each with each.
  select jsonb_object_agg(t.local_on || ' ' || t.title, t.rpe) as ratings
  from team_ratings as t
),
title_ratings as materialized (
  select
    lower(o.title) as title,
    percentile_cont(0.5) within group (order by o.rpe) as rpe
  from own_sessions as o
  where o.rpe is not null
    and o.title <> ''
    and exists (select from unrated_sessions)
  group by lower(o.title)
  having count(*) >= 3
),
usual_rating as materialized (
  select percentile_cont(0.5) within group (order by o.rpe) as rpe
  from own_sessions as o
  where exists (select from unrated_sessions)
  having count(o.rpe) >= 3
),
set_ratings as materialized (
  -- Two lists: the few sessions of which the mean of the sets' ratings is not kept as they are now, and that mean.
  select
    array_agg(r.session_id order by r.session_id) as sessions,
    array_agg(r.rpe order by r.session_id) as ratings
  from (
    select
      x.session_id,
      avg(rating_of_set(x.kind, x.rpe, x.rir)) as rpe
    from sets as x
    where x.session_id = any(array(
        select u.id
        from unrated_sessions as u
        where not u.knows_set_rating
          and not exists (select from usual_rating)
      ))
    group by x.session_id
  ) as r
),
estimates as (
  -- What is asked for each session is looked up in a list. Somebody who moves over has years without a rating, and joins of
  -- such many rows, of which the planner expects one, would compare each with each, or copy the list for each.
  select
    u.local_on,
    u.duration_min,
    coalesce(t.rpe, n.rpe, r.rpe, w.rpe) as rpe,
    case
      when t.rpe is not null then 'team_mean'
      when n.rpe is not null then 'title_median'
      when r.rpe is not null then 'own_median'
      when w.rpe is not null then 'set_ratings'
      else 'unknown_rating'
    end as basis
  from unrated_sessions as u
  cross join lateral (
    select (
      (select d.ratings from team_ratings_by_day as d) ->> (u.local_on || ' ' || nullif(u.title, ''))
    )::float8 as rpe
  ) as t
  left join title_ratings as n on n.title = u.title
  left join usual_rating as r on true
  left join lateral (
    select
      (select s.sessions from set_ratings as s)[l.place] as id,
      (select s.ratings from set_ratings as s)[l.place] as rpe
    from (select width_bucket(u.id, (select s.sessions from set_ratings as s)) as place) as l
  ) as x on x.id = u.id
  cross join lateral (select case when u.knows_set_rating then u.set_rating else x.rpe end as rpe) as w
),
rated_sessions as materialized (
  select
    o.local_on,
    o.rpe * o.duration_min as session_load,
    case
      when o.duration_min is null then 'unknown_duration'
      when o.rpe is not null then 'rated'
      else 'unknown_rating'
    end as basis
  from own_sessions as o
  where o.local_on <= (select p.to_on from period as p)
    and (o.rpe is not null or o.duration_min is null or not :estimates)
  union all
  select e.local_on, e.rpe * e.duration_min, e.basis
  from estimates as e
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
load_list as materialized (
  -- One row, a list: it is walked through, and cut into weeks, at less cost than rows.
  select
    f.first_on,
    daily_loads(f.first_on, p.to_on, p.seen_days, s.days, s.loads) as loads
  from first_day as f
  cross join period as p
  cross join (
    select
      array_agg(r.local_on) as days,
      array_agg(r.session_load) as loads
    from rated_sessions as r
  ) as s
  where f.first_on is not null
),
all_buckets as materialized (
  select b.starts_on, b.ends_on
  from period as p
  cross join lateral report_buckets(p.from_on, p.to_on, :bucket, p.week_start) as b
),
load_sums as (
  -- Of the last days of buckets, and of the days before them.
  select
    l.first_on + s.history_days - 1 as local_on,
    s.history_days,
    s.sum_42,
    s.weight_42,
    s.sum_7,
    s.weight_7,
    power(1 - p.rate_42, least(s.history_days, 2000)) as before_42,
    power(1 - p.rate_7, least(s.history_days, 2000)) as before_7
  from load_list as l
  cross join period as p
  cross join lateral load_averages(l.loads, p.rate_42, p.rate_7, array(
    select distinct d.history_days
    from all_buckets as b
    cross join lateral (values (b.ends_on - l.first_on), (b.ends_on - l.first_on + 1)) as d (history_days)
    where d.history_days > 0
    order by d.history_days
  )) as s
),
load_averages as (
  -- Coverage is the share of known days in the weights: of those since the first session for a viewer who sees all days, and
  -- of all days for others, who cannot know what was before.
  select
    d.local_on,
    d.history_days,
    d.sum_42 / nullif(d.weight_42, 0) as fitness,
    d.sum_7 / nullif(d.weight_7, 0) as fatigue,
    case
      when p.seen_days is null then 0
      else unseen_weight(f.first_on, d.local_on, p.seen_days, p.rate_42) + d.before_42 * (1 - f.seen_before_42)
    end as unseen_42,
    case
      when p.seen_days is null then 0
      else unseen_weight(f.first_on, d.local_on, p.seen_days, p.rate_7) + d.before_7 * (1 - f.seen_before_7)
    end as unseen_7,
    case
      when p.seen_days is null then d.weight_42 / (1 - d.before_42)
      else d.weight_42 + d.before_42 * f.seen_before_42
    end as coverage_42,
    case
      when p.seen_days is null then d.weight_7 / (1 - d.before_7)
      else d.weight_7 + d.before_7 * f.seen_before_7
    end as coverage_7
  from (
    select
      s.local_on,
      s.history_days,
      s.sum_42,
      s.sum_7,
      s.before_42,
      s.before_7,
      coalesce(s.weight_42, 1 - s.before_42) as weight_42,
      coalesce(s.weight_7, 1 - s.before_7) as weight_7
    from load_sums as s
  ) as d
  cross join first_day as f
  cross join period as p
),
load_figures as materialized (
  -- A coverage of 0.8 is asked for; 1e-9 less is rounding. What the viewer does not see is the reason where it would be
  -- enough with it.
  select
    d.*,
    case
      when d.coverage_42 >= 0.8 - 1e-9 then null
      when d.coverage_42 + d.unseen_42 >= 0.8 - 1e-9 then 'not_seen'
      else 'unknown_load'
    end as fitness_reason,
    case
      when d.coverage_7 >= 0.8 - 1e-9 then null
      when d.coverage_7 + d.unseen_7 >= 0.8 - 1e-9 then 'not_seen'
      else 'unknown_load'
    end as fatigue_reason
  from load_averages as d
),
week_loads as materialized (
  -- Of the 7 days up to the end of each bucket, and of the eight blocks of 7 days before them. With buckets of a week
  -- these are few of all days.
  select
    d.local_on,
    d.history_days,
    d.known_7,
    d.load_7,
    d.sd_7,
    case when d.history_days >= 7 and d.known_7 >= 6 then d.load_7 / d.known_7 * 7 end as week_load,
    case
      when d.history_days >= 7 and d.known_7 >= 6 then null
      when not p.seen_days @> daterange(d.local_on - 6, d.local_on + 1) then 'not_seen'
      when d.history_days < 7 then 'too_short'
      else 'unknown_load'
    end as week_reason
  from (
    select
      w.local_on,
      w.history_days,
      count(w.day_load)::int as known_7,
      coalesce(sum(w.day_load), 0) as load_7,
      stddev_samp(w.day_load) as sd_7
    from (
      select
        e.local_on,
        e.local_on - l.first_on + 1 as history_days,
        unnest(l.loads[e.local_on - l.first_on - 5:e.local_on - l.first_on + 1]) as day_load
      from (
        select distinct b.ends_on - 7 * n as local_on
        from all_buckets as b
        cross join generate_series(0, 8) as n
      ) as e
      join load_list as l on e.local_on >= l.first_on
    ) as w
    group by w.local_on, w.history_days
  ) as d
  cross join period as p
),
session_buckets as materialized (
  select
    bucket_start(s.local_on, :bucket, p.week_start) as starts_on,
    count(*)::int as session_count,
    (count(*) filter (where s.session_load is null))::int as unknown_count,
    (
      count(*) filter (where s.basis in ('team_mean', 'title_median', 'own_median', 'set_ratings'))
    )::int as estimated_count,
    sum(s.session_load) filter (where s.basis <> 'rated') as estimated_load,
    sum(s.session_load) as session_load
  from rated_sessions as s
  join period as p on s.local_on >= p.from_on
  group by starts_on
),
weeks_before as (
  -- The eight blocks of 7 days before the 7 days up to a bucket's end. Of many days few are a bucket's end.
  select
    b.ends_on,
    count(x.week_load)::int as weeks,
    avg(x.week_load) as mean,
    stddev_samp(x.week_load) as deviation,
    percentile_cont(0.5) within group (order by x.week_load) as median,
    max(x.week_load) filter (where n = 1) as last_load,
    sum(x.load_7) filter (where n <= 3) as load_8_to_28,
    sum(x.known_7) filter (where n <= 3) as known_8_to_28
  from all_buckets as b
  cross join generate_series(1, 8) as n
  join week_loads as x on x.local_on = b.ends_on - 7 * n
  group by b.ends_on
),
buckets as materialized (
  -- A deviation up to 1e-9 of the load is a rounding error: seven equal days have the deviation 0.
  select
    b.starts_on,
    b.ends_on,
    b.ends_on - greatest(b.starts_on, p.from_on) + 1 as day_count,
    coalesce(s.session_count, 0) as session_count,
    coalesce(s.unknown_count, 0) as unknown_count,
    coalesce(s.estimated_count, 0) as estimated_count,
    coalesce(s.estimated_load, 0) as estimated_load,
    coalesce(s.session_load, 0) as session_load,
    d.local_on is null as is_before,
    coalesce(d.history_days, 0) < 126 as is_warming_up,
    d.coverage_42,
    d.coverage_7,
    case when d.fitness_reason is null then d.fitness end as fitness,
    case when d.fatigue_reason is null then d.fatigue end as fatigue,
    case when m.form_reason is null then y.fitness - y.fatigue end as form,
    d.fitness_reason,
    d.fatigue_reason,
    m.form_reason,
    x.week_reason,
    x.week_load,
    case when m.monotony_reason is null then (x.load_7 / x.known_7) / x.sd_7 end as monotony,
    m.monotony_reason,
    x.week_load - w.last_load as change,
    case
      when w.last_load > 0 and w.last_load >= w.median / 2 then (x.week_load - w.last_load) / w.last_load * 100
    end as change_pct,
    case
      when w.weeks >= 6 and w.mean > 0 then (x.week_load - w.mean) / greatest(w.deviation, w.mean / 10)
    end as z_score,
    coalesce(w.weeks, 0) as z_weeks,
    case
      when d.history_days >= 28 and x.known_7 >= 6 and x.known_7 + w.known_8_to_28 >= 23
        then (x.load_7 / x.known_7) / nullif((x.load_7 + w.load_8_to_28) / (x.known_7 + w.known_8_to_28), 0)
    end as acwr_coupled,
    case
      when d.history_days >= 28 and x.known_7 >= 6 and w.known_8_to_28 >= 17
        then (x.load_7 / x.known_7) / nullif(w.load_8_to_28 / w.known_8_to_28, 0)
    end as acwr_uncoupled
  from all_buckets as b
  left join session_buckets as s on s.starts_on = b.starts_on
  left join load_figures as d on d.local_on = b.ends_on
  left join week_loads as x on x.local_on = b.ends_on
  left join load_figures as y on y.local_on = b.ends_on - 1
  left join weeks_before as w on w.ends_on = b.ends_on
  cross join period as p
  cross join lateral (
    select
      case
        when x.week_reason is not null then x.week_reason
        when x.load_7 = 0 then 'no_training'
        when x.sd_7 <= 1e-9 * x.load_7 then 'no_variation'
      end as monotony_reason,
      case
        when d.history_days = 1 then p.no_history
        else coalesce(y.fitness_reason, y.fatigue_reason)
      end as form_reason
  ) as m
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
      'days', json_agg(b.day_count),
      'sessions', json_agg(b.session_count),
      'sessions_estimated', json_agg(b.estimated_count),
      'sessions_unknown', json_agg(b.unknown_count),
      'session_load', json_agg(rounded(b.session_load, 1)),
      'estimated_load', json_agg(rounded(b.estimated_load, 1)),
      'fitness', json_agg(rounded(b.fitness, 2)),
      'fitness_coverage', json_agg(rounded(b.coverage_42, 3)),
      'fitness_reason', json_agg(case when b.is_before then p.no_history else b.fitness_reason end),
      'fatigue', json_agg(rounded(b.fatigue, 2)),
      'fatigue_coverage', json_agg(rounded(b.coverage_7, 3)),
      'fatigue_reason', json_agg(case when b.is_before then p.no_history else b.fatigue_reason end),
      'form_going_into_day', json_agg(rounded(b.form, 2)),
      'form_reason', json_agg(case when b.is_before then p.no_history else b.form_reason end),
      'warming_up', json_agg(b.is_warming_up),
      'week_load', json_agg(rounded(b.week_load, 1)),
      'week_reason', json_agg(case when b.is_before then p.no_history else b.week_reason end),
      'monotony', json_agg(rounded(b.monotony, 3)),
      'monotony_reason', json_agg(case when b.is_before then p.no_history else b.monotony_reason end),
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
