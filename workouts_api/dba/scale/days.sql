-- Values of days: the first athlete's and the runner's of each day in five years, the thresholds of all who wear a watch, the
-- others' bodyweight each fortnight of a year, and the crowd's wellness of the last two days.
insert into workouts.day_values (athlete_id, kind, local_on, value)
select %(first_athlete)s, k.kind, %(until)s::date - n, k.value + n * 7919 %% 40 * k.step
from generate_series(1, 1826) as n
cross join (
  values ('weight_kg', 80, 0.1), ('resting_hr_bpm', 48, 0.2), ('hrv_rmssd_ms', 50, 1)
) as k (kind, value, step)
union all
select %(first_athlete)s + p.no - 1, 'resting_hr_bpm', %(until)s::date - n, 48 + n * 7919 %% 40 * 0.2
from scale_athletes as p
cross join generate_series(1, 1826) as n
where p.no = 3
  and p.no <= %(athletes)s
union all
select %(first_athlete)s + p.no - 1, k.kind, %(until)s::date - 1826, k.value
from scale_athletes as p
cross join (
  values
    ('resting_hr_bpm', 50), ('max_heart_rate_bpm', 190), ('threshold_heart_rate_bpm', 170),
    ('threshold_pace_s_per_km', 270)
) as k (kind, value)
where (p.no = 1 or p.no %% 10 = 3)
  and p.no <= %(athletes)s
  and (p.no not in (1, 3) or k.kind <> 'resting_hr_bpm')
union all
select %(first_athlete)s + p.no - 1, 'weight_kg', %(until)s::date - n * 14, 60 + (p.no * 31 + n) %% 400 * 0.1
from scale_athletes as p
cross join generate_series(1, 26) as n
where p.no between 2 and %(athletes)s
union all
select %(first_crowd_athlete)s + c.n - 1, k.kind, %(until)s::date - d.n, 1 + (c.n * 7 + k.no) %% 7
from generate_series(1, %(crowd)s) as c (n)
cross join generate_series(0, 1) as d (n)
cross join (
  values ('hooper_sleep', 1), ('hooper_stress', 2), ('hooper_fatigue', 3), ('hooper_soreness', 4), ('pain', 5)
) as k (kind, no)
where (c.n + k.no * d.n) %% 5 > 0
