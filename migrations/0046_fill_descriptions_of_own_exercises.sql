-- Own exercises get what they told of themselves before: their muscles by code, and what is recorded of a set by category.
-- migrate:up transaction:false
-- migrate:timeout 10min
insert into exercise_muscle_shares (exercise_id, code, share)
select em.exercise_id, c.code, em.share
from exercise_muscles as em
join exercises as x on x.id = em.exercise_id
join muscles as m on m.id = em.muscle_id
join muscle_codes as c on c.muscle = m.name and c.is_usual
where x.athlete_id is not null
  and em.share >= 0.000001
on conflict do nothing;
-- migrate:batch key=id size=10000
update exercises as x
set tracking = case x.category when 'cardio' then 'distance_time' when 'mobility' then 'time' else 'bodyweight_reps' end
where x.athlete_id is not null
  and x.category in ('cardio', 'mobility', 'bodyweight')
  and x.tracking = 'weight_reps';

-- migrate:down
select 1;
