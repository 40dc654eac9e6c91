-- Records values of a day: absent kinds stay as they are, null takes one away; the same again changes nothing.
-- @param viewer_id  bigint = 1
-- @param athlete_id bigint = 0
-- @param local_on   date = '2026-01-05'
-- @param values     json = '{"weight_kg": 82.4, "resting_hr_bpm": 52, "hrv_rmssd_ms": 65, "sleep_min": 430, "hooper_fatigue": 3, "hooper_soreness": 2, "hooper_sleep": 2, "hooper_stress": 4, "pain": null}'
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget run: buffers<=200
-- Athlete 0 is the viewer's own. The reply is made from what was there and what was given: a statement does not see its own
-- changes.
with athlete as materialized (
  select a.id
  from athletes as a
  where a.id = case
      when :athlete_id = 0
        then (
          select own.id
          from athletes as own
          where own.user_id = :viewer_id
        )
      else (select lock_writable_athlete(:viewer_id, :athlete_id))
    end
),
given as materialized (
  select
    g.key as kind,
    g.value::text::float8 as value
  from json_each(:values) as g
  where g.value::text <> 'null'
),
recorded as (
  insert into day_values as d (athlete_id, kind, local_on, value)
  select a.id, g.kind, :local_on, g.value
  from athlete as a
  cross join given as g
  join value_kinds as k on k.code = g.kind
  where g.value between k.lowest and k.highest
    or refuse('values.' || g.kind, 'This value is out of range.') is not null
  on conflict (athlete_id, kind, local_on) do update
    set value = excluded.value
    where d.value <> excluded.value
),
removed as (
  delete from day_values as d
  using athlete as a, json_each(:values) as g
  where d.athlete_id = a.id
    and d.local_on = :local_on
    and d.kind = g.key
    and g.value::text = 'null'
)
select keep_reply(day_json(
  :local_on,
  coalesce((
    select jsonb_object_agg(v.kind, v.value)
    from (
      select d.kind, d.value
      from day_values as d
      where d.athlete_id = a.id
        and d.local_on = :local_on
        and not (:values::jsonb ? d.kind)
      union all
      select g.kind, g.value
      from given as g
    ) as v
  ), '{}')
)) as reply
from athlete as a
