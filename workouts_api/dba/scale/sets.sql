-- The sets of sessions first to last: loads that grow over the years in waves, a warm-up first, now and then a drop set
-- or one to failure. In the order of the key, by the order in which they are looked up: sorting took a third of the time.
insert into workouts.sets (
  session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position, reps, duration_s, kind, weight_kg,
  distance_m, rpe
)
select
  s.id,
  s.athlete_id,
  e.exercise_id,
  s.local_on,
  p.exercise_no,
  p.set_no,
  p.set_no,
  case when not p.is_cardio then (5 + (n.noise & 7))::smallint end,
  case when p.is_cardio then (600 + (n.noise & 1023))::integer end,
  k.kind,
  case
    when not p.is_cardio then round(
      (30 + e.place * 2) * s.strength * (0.75 + 0.35 * s.progress + 0.03 * (s.id %% 4))
      * case when k.kind = 'w' then 0.5 else 1 end / 2.5
    ) * 2.5 + 2.5
  end,
  case when p.is_cardio then (2000 + (n.noise & 4095))::float8 end,
  case
    when not p.is_cardio and k.kind <> 'w' and n.noise & 128 = 0
      then (array[6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10]::numeric(3, 1)[])[1 + (n.noise >> 8 & 7)]
  end
from (
  select x.id, x.athlete_id, x.plan, x.sets, x.local_on, x.progress, x.strength, x.taste
  from scale_sessions as x
  where x.id between %(first)s and %(last)s
  order by x.id
) as s
cross join lateral (
  select x.exercise_no, x.set_no, x.ordinal, x.is_last, x.is_cardio
  from scale_plan as x
  where x.plan = s.plan
    and x.ordinal <= s.sets
  order by x.ordinal
  offset 0
) as p
cross join lateral (select hashint8extended(s.id * 32 + p.ordinal, %(seed)s) as noise) as n
cross join lateral (
  select
    case
      when p.set_no = 1 and not p.is_cardio then 'w'
      when p.is_last and n.noise & 48 = 0 then 'f'
      when p.is_last and n.noise & 48 = 16 then 'd'
      else 'n'
    end::"char" as kind
) as k
cross join lateral (
  select
    c.place,
    case when p.is_cardio then (%(cardio)s::bigint[])[1 + s.taste %% %(cardios)s]
      else (%(lifts)s::bigint[])[c.place]
    end as exercise_id
  from (select 1 + (s.taste + s.plan * 6 + p.exercise_no) %% %(liftings)s as place) as c
) as e
