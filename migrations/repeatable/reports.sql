-- What the reports share: whom and which days they are about, and the formulas that they name.

-- The athlete and the days of a report. It ends the statement with 404 for an athlete whom the viewer may not know of, and
-- with 422 for days that are refused. Its limits bound the reply. Without an athlete it is about the viewer. seen_days is null
-- for a viewer who sees all days; of others, seen_from is the first day that they see.
drop function if exists workouts.report_period(bigint, bigint, date, date, text);
create function workouts.report_period(
  viewer_id bigint, asked_athlete_id bigint, asked_from date, asked_to date, bucket text
)
returns table (
  athlete_id bigint,
  zone text,
  zone_is_known boolean,
  week_start smallint,
  seen_days datemultirange,
  seen_from date,
  today date,
  from_on date,
  to_on date
)
language plpgsql stable rows 1
as $$
#variable_conflict use_column
declare
  who workouts.athletes;
begin
  select a.*
  into who
  from workouts.athletes as a
  where a.id = $2
    or ($2 is null and a.user_id = $1);
  if who.id is null then
    perform workouts.no_such('athlete');
  end if;
  if $1 is distinct from who.user_id and $1 is distinct from who.kept_by then
    report_period.seen_days := workouts.visible_days_of($1, who.id);
  end if;
  report_period.athlete_id := who.id;
  report_period.zone := workouts.zone_or_utc(who.zone);
  report_period.zone_is_known := workouts.knows_zone(who.zone);
  report_period.week_start := who.week_start;
  report_period.seen_from := lower(report_period.seen_days);
  report_period.today := (statement_timestamp() at time zone workouts.zone_or_utc(who.zone))::date;
  report_period.to_on := coalesce($4, report_period.today);
  -- A bucket is whole: a first week of one day looks like a week of rest.
  report_period.from_on := coalesce($3, workouts.bucket_start(report_period.to_on - 84, $5, who.week_start));
  if report_period.from_on > report_period.to_on then
    perform workouts.refuse('from', 'Expected a day that is not after `to`.');
  elsif report_period.to_on > report_period.today + 366 then
    perform workouts.refuse('to', 'Expected a day within a year from today.');
  elsif report_period.to_on - report_period.from_on
    >= (case $5 when 'day' then 3653 when 'week' then 18263 else 36525 end) then
    perform workouts.refuse('from', 'Expected at most 10 years by day, 50 by week, 100 by month.');
  end if;
  return next;
end
$$;

-- The period of a reply.
create or replace function workouts.period_json(
  zone text, zone_is_known boolean, week_start smallint, from_on date, to_on date, bucket text
) returns json
language sql immutable parallel safe
return json_build_object(
  'from', from_on,
  'to', to_on,
  'bucket', bucket,
  'week_start', week_start,
  'zone', zone,
  'zone_is_known', zone_is_known
);

-- The buckets of a period, each with its last day in it.
drop function if exists workouts.report_buckets(date, date, text, smallint);
create function workouts.report_buckets(from_on date, to_on date, bucket text, week_start smallint)
returns table (starts_on date, ends_on date)
language sql immutable parallel safe rows 300
as $$
  select
    b.starts_at::date,
    least((b.starts_at + s.length)::date - 1, to_on)
  from (
    select case bucket when 'day' then interval '1 day' when 'week' then interval '7 days' else interval '1 month' end
  ) as s (length)
  cross join lateral generate_series(
    workouts.bucket_start(from_on, bucket, week_start)::timestamp, to_on::timestamp, s.length
  ) as b (starts_at)
$$;

-- The rate λ of an average over N days, by the convention that was chosen.
create or replace function workouts.decay_rate(decay text, days integer) returns float8
language sql immutable parallel safe
return case decay
  when 'exponential' then 1 - exp(-1 / days::float8)
  when 'reciprocal' then 1 / days::float8
  when 'span' then 2 / (days + 1)::float8
end;

-- The formulas of training load, each with its source.
create or replace function workouts.load_formulas(decay text, with_acwr boolean) returns json
language sql immutable parallel safe
return json_build_object(
  'session_load', workouts.formula_json(
    'session RPE (CR10) · minutes',
    'Foster et al. 2001, J Strength Cond Res 15:109'
  ),
  'estimates', workouts.formula_json(
    'in this order: mean of at least 3 teammates in the session of this title and day; median of at least 3 own '
    'sessions of this title; median of at least 3 own sessions; mean of the set ratings (RPE, or 10 − RIR)',
    'Benson et al. 2021, J Sports Sci Med 20:188; Kraft et al. 2014, J Strength Cond Res 28:540'
  ),
  'averages', workouts.formula_json(
    'Σ wᵢ·Lᵢ / Σ wᵢ over days of known load; wᵢ = (1 − λ)^i, i days ago; λ = ' || case decay
      when 'exponential' then '1 − e^(−1/N)'
      when 'reciprocal' then '1/N'
      else '2/(N + 1)'
    end,
    'Moussa et al. 2019, BMJ Open Sport Exerc Med 5:e000573; λ as ' || case decay
      when 'exponential' then 'Banister et al. 1975'
      when 'reciprocal' then 'TrainingPeaks'
      else 'Williams et al. 2017, Br J Sports Med 51:209'
    end
  ),
  'fitness', workouts.formula_json(
    'average, N = 42',
    'Banister et al. 1975, Aust J Sports Med 7:57'
  ),
  'fatigue', workouts.formula_json(
    'average, N = 7',
    'Banister et al. 1975, Aust J Sports Med 7:57'
  ),
  'form_going_into_day', workouts.formula_json(
    'fitness − fatigue, both of the day before',
    'Banister et al. 1975, Aust J Sports Med 7:57'
  ),
  'week_load', workouts.formula_json(
    '7 · mean of the known daily loads of 7 days',
    'Foster 1998, Med Sci Sports Exerc 30:1164'
  ),
  'monotony', workouts.formula_json(
    'mean / sample standard deviation of the known daily loads of 7 days',
    'Foster 1998, Med Sci Sports Exerc 30:1164'
  ),
  'strain', workouts.formula_json(
    'week_load · monotony',
    'Foster 1998, Med Sci Sports Exerc 30:1164'
  ),
  'z_score', workouts.formula_json(
    '(week_load − mean of the 8 weeks before) / sample standard deviation, at least 10 % of the mean',
    'standard score against the athlete''s own weeks'
  ),
  'acwr', case when with_acwr then workouts.formula_json(
    'coupled: mean of 7 days / mean of 28; uncoupled: mean of 7 days / mean of the 21 before',
    'Gabbett 2016, Br J Sports Med 50:273; Windt & Gabbett 2019, Br J Sports Med 53:988',
    'The ratio does not predict injuries and its parts are confounded: Impellizzeri et al. 2020, '
    'Int J Sports Physiol Perform 15:907'
  ) end
);
