-- What each fourth own exercise is called besides ('own' is the source of all aliases of own exercises), and which muscle each third one is for.
with named as (
  insert into workouts.exercise_aliases (exercise_id, source, alias)
  select e.id, 'own', 'My ' || e.name
  from workouts.exercises as e
  where e.athlete_id >= %(first_athlete)s
    and e.id %% 4 = 0
  order by e.id
)

insert into workouts.exercise_muscles (exercise_id, muscle_id, share)
select e.id, m.id, 1
from workouts.exercises as e
join (
  select x.id, row_number() over (order by x.id) - 1 as place, count(*) over () as muscles
  from workouts.muscles as x
) as m on m.place = e.id %% m.muscles
where e.athlete_id >= %(first_athlete)s
  and e.id %% 3 = 0
order by e.id
