-- Ten laps of each run, hard and easy ones in turn.
insert into workouts.laps (session_id, lap_no, duration_s, distance_m, ascent_m, descent_m, average_heart_rate_bpm)
select
  s.id,
  n,
  360,
  1000 + 200 * (n %% 2) + x.noise %% 64,
  6,
  6,
  130 + 40 * (n %% 2) + (x.noise / 64)
from scale_sessions as s
cross join generate_series(1, 10) as n
cross join lateral (select hashint8extended(s.id * 16 + n, %(seed)s) & 1023 as noise) as x
where s.is_run
order by s.id, n
