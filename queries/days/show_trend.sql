-- One kind of an athlete's day values: 7-day means and scores against the own 28 days before, on the days that the viewer sees.
-- @param viewer_id  bigint = 1
-- @param athlete_id bigint? = null
-- @param from_on    date? = '2024-06-01'
-- @param to_on      date? = null
-- @param kind       text = 'weight_kg'
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select v.athlete_id from day_values as v join athletes as b on b.id = v.athlete_id and b.user_id is not null group by 1 order by count(*) desc limit 1))
-- @sample heavy_athlete: from_on = current_date - 1826
-- @sample newcomer: viewer_id = (select max(u.id) from users as u), from_on = current_date - 84
-- @returns one
-- @column kind     json!
-- @column formulas json!
-- @column days     json!
-- @plan custom
-- @readonly
-- @budget plan: no_seqscan(day_values)
-- @budget run: buffers<=120
with period as materialized (
  select p.*
  from report_period(:viewer_id, :athlete_id, :from_on::date, :to_on::date, 'day') as p
),
seen_values as materialized (
  select
    v.local_on,
    v.local_on - '2000-01-01'::date as day_no,
    v.value,
    round(v.value * 10000)::bigint as units
  from day_values as v
  where v.athlete_id = (select p.athlete_id from period as p)
    and v.kind = :kind
    and v.local_on between (select p.from_on - 35 from period as p) and (select p.to_on from period as p)
    and (
      (select p.seen_days is null from period as p)
      or v.local_on <@ (select p.seen_days from period as p)
    )
),
frames as (
  -- Frames are ranges of days: a day without a value has no row. Values have at most 4 decimals, so the sums are of whole
  -- numbers: these are exact, and a frame that moves takes one away and adds one.
  select
    v.local_on,
    v.value,
    sum(v.units) over week as sum_7,
    count(*) over week as values_7,
    sum(v.units) over month_before as sum_28,
    sum(v.units * v.units) over month_before as squares_28,
    count(*) over month_before as values_28
  from seen_values as v
  window
    week as (order by v.day_no range between 6 preceding and current row),
    month_before as (order by v.day_no range between 28 preceding and 1 preceding)
),
trend as (
  select
    f.local_on,
    f.value,
    f.values_7,
    f.values_28,
    f.sum_7::float8 / f.values_7 / 10000 as mean_7,
    f.sum_28::float8 / nullif(f.values_28, 0) / 10000 as mean_28,
    case
      when f.values_28 > 1
        then sqrt((f.squares_28 * f.values_28 - f.sum_28 * f.sum_28)::float8 / f.values_28 / (f.values_28 - 1)) / 10000
    end as sd_28
  from frames as f
)
select
  (
    select json_build_object(
      'code', k.code,
      'unit', k.unit,
      'lowest', k.lowest,
      'highest', k.highest,
      'instrument', k.instrument,
      'better', k.better
    )
    from value_kinds as k
    where k.code = :kind
  ) as kind,
  p.from_on,
  p.to_on,
  p.seen_from,
  json_build_object(
    'mean_7', json_build_object(
      'formula', 'mean of the values of 7 days, at least 3 of them',
      'source', 'Plews et al. 2014, Int J Sports Physiol Perform 9:783'
    ),
    'z_score', json_build_object(
      'formula', '(value − mean of the 28 days before) / their sample standard deviation, at least 14 values',
      'source', 'standard score against the athlete''s own days'
    )
  ) as formulas,
  (
    select json_build_object(
      'local_on', coalesce(json_agg(t.local_on order by t.local_on), '[]'),
      'value', coalesce(json_agg(t.value order by t.local_on), '[]'),
      'mean_7', coalesce(
        json_agg(case when t.values_7 >= 3 then rounded(t.mean_7, 2) end order by t.local_on), '[]'
      ),
      'values_7', coalesce(json_agg(t.values_7 order by t.local_on), '[]'),
      'z_score', coalesce(
        json_agg(
          case
            when t.values_28 >= 14 and t.sd_28 > 0
              then rounded((t.value - t.mean_28) / t.sd_28, 2)
          end
          order by t.local_on
        ), '[]'
      ),
      'values_28', coalesce(json_agg(t.values_28 order by t.local_on), '[]'),
      'z_reason', coalesce(
        json_agg(
          case
            when t.values_28 < 14 then 'too_few_values'
            when t.sd_28 = 0 then 'no_variation'
          end
          order by t.local_on
        ), '[]'
      )
    )
    from trend as t
    where t.local_on >= p.from_on
  ) as days
from period as p
