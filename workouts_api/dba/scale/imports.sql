-- Imports: sixty of athlete 1, one or two of each third of the others. What the first of each brought in is marked by
-- sessions.sql and remembered by imported.sql.
insert into workouts.imports (
  id, athlete_id, source, file_name, file_sha256, file_bytes, zone, state, sessions_added, created_at, finished_at
)
overriding system value
select
  %(first_import)s + row_number() over (order by p.no, k) - 1,
  %(first_athlete)s + p.no - 1,
  (array['hevy', 'strong', 'fitnotes'])[1 + p.no %% 3],
  'workouts.csv',
  sha256(convert_to(format('file %%s of %%s', k, p.no), 'UTF8')),
  100000,
  'UTC',
  case when k %% 7 = 3 then 'failed' else 'done' end,
  case when k = 1 then 100 else 0 end,
  %(until)s::date - (60 - k)::integer,
  %(until)s::date - (60 - k)::integer
from scale_athletes as p
cross join lateral generate_series(1, case when p.no = 1 then 60 else 1 + p.no %% 2 end) as k
where p.sets > 0
  and (p.no = 1 or p.no %% 3 = 0)
