-- Stays in the teams: in the first one the whole crowd and the first fifty who train; in team t about 200/t of the crowd.
-- Of three stays one had an earlier one before it, which ended; of seven one has ended for good. Not all keep their history.
insert into workouts.team_athletes (team_id, athlete_id, athlete_name, joined_on, left_on, keeps_history)
select
  %(first_team)s + m.no - 1,
  a.id,
  a.name,
  s.joined_on,
  s.left_on,
  m.place %% 5 <> 0
from (
  select 1 as no, %(first_crowd_athlete)s + n - 1 as athlete_id, n as place
  from generate_series(1, %(crowd)s) as n
  union all
  select 1, %(first_athlete)s + n - 1, n
  from generate_series(2, least(50, %(athletes)s)) as n
  union all
  select t.no, %(first_crowd_athlete)s + (t.no * 131 + n) %% %(crowd)s, n
  from generate_series(2, %(teams)s) as t (no)
  cross join lateral generate_series(1, least(1 + 200 / t.no, %(crowd)s)) as n
) as m
join workouts.athletes as a on a.id = m.athlete_id
cross join lateral (
  select %(until)s::date - 900 + m.place %% 300 as joined_on, case when m.place %% 7 = 0 then %(until)s::date - 90 end as left_on
  union all
  select %(until)s::date - 1400 + m.place %% 300, %(until)s::date - 1000 + m.place %% 50
  where m.place %% 3 = 0
) as s
order by m.no, a.id, s.joined_on
