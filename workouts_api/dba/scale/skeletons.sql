-- Who trains when: a row for each session, numbered in the order of time, so that everybody's sessions lie among each
-- other as if recorded live; or by athlete: each athlete's in one piece, as an import leaves them.
-- Athlete 1's sessions fill exactly five years; the others train two to five times a week, up to ten years back.
-- Few run, and one of them much: athlete 3 has 1,300 runs in five years, and every tenth athlete one a week for a year.
create temp table scale_sessions on commit drop as
select
  %(first_session)s + row_number() over (
    order by case when %(by_athlete)s then s.no end, s.started_at, s.no, s.is_run, s.k
  ) - 1 as id,
  %(first_athlete)s + s.no - 1 as athlete_id,
  s.plan,
  s.sets,
  s.is_run,
  s.started_at,
  s.local_on,
  s.zone,
  (s.k + 1)::float8 / s.sessions as progress,
  0.6 + (hashint8extended(s.no, %(seed)s) & 255) / 256.0::float8 as strength,
  (hashint8extended(s.no, %(seed)s + 1) & 1023)::integer as taste
from (
  select
    p.no,
    p.k,
    p.plan,
    p.sets,
    p.is_run,
    p.sessions,
    a.zone,
    t.local_on,
    (t.local_on + make_interval(mins => 360 + (p.no * 97 %% 720)::integer + (p.noise & 63)::integer)) at time zone a.zone
      as started_at
  from (
    select
      x.no,
      k.k,
      w.plan,
      least(w.set_count, x.sets - (k.k / 4 * 76 + w.starts_at))::integer as sets,
      false as is_run,
      count(*) over (partition by x.no) as sessions,
      hashint8extended(x.no * 16777216 + k.k, %(seed)s) as noise
    from scale_athletes as x
    cross join lateral generate_series(0, (x.sets + 75) / 76 * 4 - 1) as k (k)
    join (
      select distinct l.plan, l.starts_at, l.set_count
      from scale_plan as l
    ) as w on w.plan = k.k %% 4
    where k.k / 4 * 76 + w.starts_at < x.sets
    union all
    select
      x.no,
      k.k,
      0,
      0,
      true,
      r.runs,
      hashint8extended(x.no * 16777216 - 1 - k.k, %(seed)s)
    from scale_athletes as x
    cross join lateral (select case when x.no = 3 then 1300 else 52 end as runs) as r
    cross join lateral generate_series(0, r.runs - 1) as k (k)
    where x.no <= %(athletes)s
      and x.no %% 10 = 3
  ) as p
  join workouts.athletes as a on a.id = %(first_athlete)s + p.no - 1
  cross join lateral (
    select
      case
        when p.no = 1 or (p.is_run and p.no = 3) then 1826
        when p.is_run then 364
        else least(p.sessions * 7 / (2 + p.no %% 4), 3650)
      end as span
  ) as d
  cross join lateral (
    select %(until)s::date - 1 - ((p.sessions - 1 - p.k) * d.span / p.sessions)::integer as local_on
  ) as t
) as s
