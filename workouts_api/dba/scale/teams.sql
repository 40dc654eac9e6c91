-- Teams, by number: the first has everybody and is the coach's, the others get smaller and smaller. The coach helps in
-- forty of them. Each has an owner and, but for the first, one more coach.
with made_teams as (
  insert into workouts.teams (id, name, headquarters, created_at, updated_at)
  overriding system value
  select
    %(first_team)s + t.no - 1,
    format('%%s %%s', (array['Club', 'Squad', 'Gym', 'Crew', 'Team'])[1 + t.no %% 5], %(first_team)s + t.no - 1),
    (array['Berlin', 'Lyon', 'Osaka', 'Accra', ''])[1 + t.no %% 5],
    %(until)s::date - 1500,
    %(until)s::date - 1500
  from generate_series(1, %(teams)s) as t (no)
)

insert into workouts.team_members (team_id, user_id, role, joined_on)
select distinct on (m.user_id, m.no)
  %(first_team)s + m.no - 1,
  m.user_id,
  m.role,
  %(until)s::date - 1400 + m.no %% 300
from (
  select t.no, case when t.no = 1 then %(coach)s else %(coach)s + t.no * 17 %% %(accounts)s end, 'owner'
  from generate_series(1, %(teams)s) as t (no)
  union all
  select t.no, %(coach)s + (t.no * 17 + 1) %% %(accounts)s, 'coach'
  from generate_series(2, %(teams)s) as t (no)
  union all
  select t.no, %(coach)s, 'coach'
  from generate_series(2, least(40, %(teams)s)) as t (no)
) as m (no, user_id, role)
order by m.user_id, m.no, m.role desc
