-- One athlete's load from heart rate, pace or power: the same averages as from ratings, of one measure alone.
-- Made by `workouts sql variants` from training_load.template: what is changed here is lost.
-- @param viewer_id  bigint = 1
-- @param athlete_id bigint? = null
-- @param from_on    date? = '2021-11-22'
-- @param to_on      date? = '2026-11-20'
-- @param bucket     text = 'week'
-- @param decay      text = 'exponential'
-- @param method     text = 'trimp'
-- @param sport      text? = null
-- @param women      float8 = 0.86
-- @param acwr       boolean = false
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample heavy_athlete: from_on = current_date - 1826, to_on = null, acwr = true
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @sample busiest_coach: to_on = null
-- @sample newcomer: viewer_id = (select max(u.id) from users as u), to_on = null
-- @sample runner: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from laps as l join sessions as s on s.id = l.session_id group by 1 order by count(*) desc limit 1))
-- @sample runner: from_on = current_date - 1826, to_on = null
-- @sample edwards: method = 'edwards'
-- @sample rtss: method = 'rtss'
-- @sample by_sport: sport = 'running'
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
-- A day's load is known if that of every finished session of it is that the method is for. What is not known is null, with
-- the reason in basis. A day without such a session has load 0. A time of 0 is not known, and neither is a load from a power
-- over 1000 W or a speed over 12.5 m/s, which nobody has. Laps that last much longer than the session were recorded twice. A day that the viewer does not see is unknown. Averages are over the days since the first session.
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
  -- Those that the method is for; others are no part of its curve. A session with sets and without a sport is strength.
  -- A moving time of 0 is that of a treadmill, and one beyond a guessed end was measured after the session.
  select
    s.id,
    s.local_on,
    s.sport,
    nullif(
      case when s.moving_time_s > 0 then least(s.moving_time_s, t.elapsed_s + 60) else t.elapsed_s end, 0
    ) as duration_s,
    coalesce(t.elapsed_s, s.moving_time_s) as longest_s,
    s.distance_m,
    s.ascent_m,
    s.descent_m,
    s.average_heart_rate_bpm as bpm,
    s.normalized_power_w,
    coalesce(s.laps_s, l.laps_s, 0) as laps_s,
    coalesce(s.lap_durations_s, l.lap_durations_s) as lap_durations_s,
    coalesce(s.lap_heart_rates_bpm, l.lap_heart_rates_bpm) as lap_heart_rates_bpm,
    coalesce(s.laps_effort, l.laps_effort) as laps_effort
  from sessions as s
  cross join lateral (select date_part('epoch', s.ended_at - s.started_at) as elapsed_s) as t
  -- The laps are read of those sessions alone that do not keep their sums.
  left join lateral lap_sums(case when s.laps_s is null then s.id end) as l on true
  where s.athlete_id = (select p.athlete_id from period as p)
    and s.status = 'done'
    and s.local_on <= (select p.to_on from period as p)
    and (:sport::text is null or s.sport = :sport)
    and has_measured_load(:method, s.sport, s.set_count)
    and (
      (select p.seen_days is null from period as p)
      or s.local_on <@ (select p.seen_days from period as p)
    )
),
settings as materialized (
  -- One row: the days of each setting, in order, and its values. Only of days that the viewer sees: whoever knows a load
  -- could compute the settings from it. Also of days after the period: a load does not depend on what is asked for.
  select
    array_agg(v.local_on order by v.local_on) filter (where v.kind = 'resting_hr_bpm') as resting_bpm_on,
    array_agg(v.value order by v.local_on) filter (where v.kind = 'resting_hr_bpm') as resting_bpm,
    array_agg(v.local_on order by v.local_on) filter (where v.kind = 'max_heart_rate_bpm') as max_bpm_on,
    array_agg(v.value order by v.local_on) filter (where v.kind = 'max_heart_rate_bpm') as max_bpm,
    array_agg(v.local_on order by v.local_on) filter (where v.kind = 'threshold_heart_rate_bpm')
      as threshold_bpm_on,
    array_agg(v.value order by v.local_on) filter (where v.kind = 'threshold_heart_rate_bpm')
      as threshold_bpm,
    array_agg(v.local_on order by v.local_on) filter (where v.kind = 'threshold_pace_s_per_km')
      as threshold_pace_on,
    array_agg(v.value order by v.local_on) filter (where v.kind = 'threshold_pace_s_per_km')
      as threshold_pace,
    array_agg(v.local_on order by v.local_on) filter (where v.kind = 'ftp_w') as ftp_w_on,
    array_agg(v.value order by v.local_on) filter (where v.kind = 'ftp_w') as ftp_w
  from day_values as v
  where v.athlete_id = (select p.athlete_id from period as p)
    and v.kind = any(array[
      'resting_hr_bpm', 'max_heart_rate_bpm', 'threshold_heart_rate_bpm', 'threshold_pace_s_per_km', 'ftp_w'
    ])
    and (
      (select p.seen_days is null from period as p)
      or v.local_on <@ (select p.seen_days from period as p)
    )
),
known_sessions as (
  -- Each with those settings of its day that the method takes. The settings come first: their row, with the lists,
  -- would be copied for each session.
  select k.*
  from settings as l
  cross join lateral (
    select
      o.*,
      (select a.sex from athletes as a where a.id = (select p.athlete_id from period as p)) as sex,
      case when u.by_bpm then held_on(l.resting_bpm_on, l.resting_bpm, o.local_on) end as resting_bpm,
      case when u.by_bpm or :method = 'edwards' then held_on(l.max_bpm_on, l.max_bpm, o.local_on) end as max_bpm,
      case when :method = 'hrtss' then held_on(l.threshold_bpm_on, l.threshold_bpm, o.local_on) end as threshold_bpm,
      case when :method = 'rtss' then held_on(l.threshold_pace_on, l.threshold_pace, o.local_on) end as threshold_pace,
      case when :method = 'power_tss' then held_on(l.ftp_w_on, l.ftp_w, o.local_on) end as ftp_w
    from own_sessions as o
    cross join lateral (select :method in ('trimp', 'hrtss') as by_bpm) as u
    offset 0
  ) as k
),
judged_sessions as (
  -- The first of what is missing, or null.
  select
    o.*,
    coalesce(o.bpm, (
      select sum(l.duration_s * l.bpm) / sum(l.duration_s)
      from (select unnest(o.lap_durations_s) as duration_s, unnest(o.lap_heart_rates_bpm) as bpm) as l
    )) as other_bpm,
    c.is_covered and o.laps_effort is not null as has_lap_course,
    c.is_covered and o.lap_heart_rates_bpm is not null and r.is_in_range as has_lap_heart_rate,
    case
      when o.duration_s is null then 'no_duration'
      when :method in ('trimp', 'hrtss') and o.bpm is null and not (c.is_covered and o.lap_heart_rates_bpm is not null)
        then 'no_heart_rate'
      when :method in ('trimp', 'hrtss') and coalesce(o.sex not in ('female', 'male'), true) then 'unknown_sex'
      when :method in ('trimp', 'hrtss') and o.resting_bpm is null then 'unknown_resting_heart_rate'
      when :method = 'edwards' and o.laps_s = 0 then 'no_laps'
      when :method = 'edwards' and o.lap_heart_rates_bpm is null then 'no_heart_rate'
      when :method = 'edwards' and o.laps_s < 0.8 * o.duration_s then 'short_laps'
      when :method = 'edwards' and o.laps_s > 1.2 * o.longest_s then 'long_laps'
      when :method in ('trimp', 'hrtss', 'edwards') and o.max_bpm is null then 'unknown_max_heart_rate'
      when :method = 'hrtss' and o.threshold_bpm is null then 'unknown_threshold_heart_rate'
      when :method in ('trimp', 'hrtss') and o.bpm not between o.resting_bpm and o.max_bpm then 'out_of_range'
      when :method in ('trimp', 'hrtss') and o.resting_bpm >= o.max_bpm then 'out_of_range'
      when :method = 'hrtss' and (o.threshold_bpm <= o.resting_bpm or o.threshold_bpm > o.max_bpm) then 'out_of_range'
      when (:method = 'edwards' or (:method in ('trimp', 'hrtss') and o.bpm is null)) and not r.is_in_range
        then 'out_of_range'
      when :method in ('rtss', 'power_tss') and o.sport is null then 'unknown_sport'
      when :method = 'power_tss' and o.normalized_power_w is null then 'no_power'
      when :method = 'power_tss' and o.duration_s < 1200 then 'too_short'
      when :method = 'power_tss' and o.normalized_power_w > 1000 then 'out_of_range'
      when :method = 'power_tss' and o.ftp_w is null then 'unknown_ftp'
      when :method = 'rtss' and o.threshold_pace is null then 'unknown_threshold_pace'
      when :method <> 'rtss' then null
      when c.is_covered and o.laps_effort is not null then null
      when coalesce(o.distance_m, 0) = 0 then 'no_distance'
      when o.ascent_m is null or o.descent_m is null then 'no_ascent'
      when graded_distance_m(o.distance_m, o.ascent_m, o.descent_m) is null then 'too_steep'
      when graded_distance_m(o.distance_m, o.ascent_m, o.descent_m) > 12.5 * o.duration_s then 'out_of_range'
    end as missing
  from known_sessions as o
  cross join lateral (
    select o.laps_s > 0 and o.laps_s between 0.8 * o.duration_s and 1.2 * o.longest_s as is_covered
  ) as c
  cross join lateral (
    select
      coalesce(o.resting_bpm, 0) <= all(o.lap_heart_rates_bpm)
        and o.max_bpm >= all(o.lap_heart_rates_bpm) as is_in_range
  ) as r
  offset 0  -- what is missing is asked for three times below, and is decided once
),
rated_sessions as materialized (
  -- A heart rate's load is that of the laps, and of the time that none covers at the session's mean.
  select
    j.local_on,
    j.duration_s,
    least(j.laps_s, j.duration_s) as laps_s,
    case
      when j.missing is not null then null
      when :method in ('trimp', 'hrtss') then (
        case
          -- Not by unnest() of two lists in `from`: that writes them to a store first, which takes twice as long.
          when j.has_lap_heart_rate then (
            select sum(trimp(l.duration_s, l.bpm, j.resting_bpm, j.max_bpm, j.sex, :women))
            from (select unnest(j.lap_durations_s) as duration_s, unnest(j.lap_heart_rates_bpm) as bpm) as l
          )
          else 0
        end
        + trimp(
          case when j.has_lap_heart_rate then greatest(j.duration_s - j.laps_s, 0) else j.duration_s end,
          j.other_bpm, j.resting_bpm, j.max_bpm, j.sex, :women
        )
      ) * case
        when :method = 'hrtss' then 100 / trimp(3600, j.threshold_bpm, j.resting_bpm, j.max_bpm, j.sex, :women)
        else 1
      end
      when :method = 'edwards' then (
        select sum(l.duration_s / 60 * edwards_zone(l.bpm, j.max_bpm))
        from (select unnest(j.lap_durations_s) as duration_s, unnest(j.lap_heart_rates_bpm) as bpm) as l
      )
      when :method = 'power_tss' then j.duration_s / 3600 * power(j.normalized_power_w / j.ftp_w, 2) * 100
      when j.has_lap_course then j.laps_effort * power(j.threshold_pace / 1000, 2) / 36
      else rtss(j.duration_s, graded_distance_m(j.distance_m, j.ascent_m, j.descent_m), j.threshold_pace)
    end as session_load,
    case
      when j.missing is not null then j.missing
      when :method = 'edwards' or (:method = 'rtss' and j.has_lap_course) then 'laps'
      when :method in ('trimp', 'hrtss') and j.has_lap_heart_rate then 'laps'
      else 'session'
    end as basis
  from judged_sessions as j
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
  measured_load_formulas(:method, :women, :decay, :acwr) as formulas,
  (
    select json_build_object(
      'method', :method,
      'sport', :sport::text,
      'first_on', f.first_on,
      'sessions', count(*),
      'from_session', count(*) filter (where s.basis = 'session'),
      'from_laps', count(*) filter (where s.basis = 'laps'),
      'lap_coverage', rounded(
        sum(s.laps_s) filter (where s.basis = 'laps') / sum(s.duration_s) filter (where s.basis = 'laps'), 3
      ),
      'sessions_unknown', count(*) filter (where s.session_load is null),
      'unknown_by_reason', (
        select coalesce(json_object_agg(u.basis, u.sessions order by u.basis), json_build_object())
        from (
          select r.basis, count(*) as sessions
          from rated_sessions as r
          where r.session_load is null
          group by r.basis
        ) as u
      ),
      'settings', (
        select json_build_object(
          'sex', a.sex,
          'resting_hr_bpm', held_on(l.resting_bpm_on, l.resting_bpm, p.to_on),
          'max_heart_rate_bpm', held_on(l.max_bpm_on, l.max_bpm, p.to_on),
          'threshold_heart_rate_bpm', held_on(l.threshold_bpm_on, l.threshold_bpm, p.to_on),
          'threshold_pace_s_per_km', held_on(l.threshold_pace_on, l.threshold_pace, p.to_on),
          'ftp_w', held_on(l.ftp_w_on, l.ftp_w, p.to_on)
        )
        from athletes as a
        cross join settings as l
        where a.id = p.athlete_id
      )
    )
    from rated_sessions as s
  ) as inputs,
  (
    select json_build_object(
      'starts_on', json_agg(b.starts_on),
      'days', json_agg(b.day_count),
      'sessions', json_agg(b.session_count),
      'sessions_unknown', json_agg(b.unknown_count),
      'session_load', json_agg(rounded(b.session_load, 1)),
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
