-- The exercises of sessions first to last, from the plan and not from the sets, whose key is gone for now.
insert into workouts.session_exercises (
  session_id, athlete_id, local_on, exercise_no, position, exercise_id, superset
)
select
  s.id,
  s.athlete_id,
  s.local_on,
  p.exercise_no,
  p.exercise_no,
  case when p.is_cardio then (%(cardio)s::bigint[])[1 + s.taste %% %(cardios)s]
    else (%(lifts)s::bigint[])[1 + (s.taste + s.plan * 6 + p.exercise_no) %% %(liftings)s]
  end,
  case when p.exercise_no in (4, 5) and s.id %% 3 = 0 then 1 end
from scale_sessions as s
join scale_plan as p
  on p.plan = s.plan
  and p.ordinal <= s.sets
where s.id between %(first)s and %(last)s
  and p.set_no = 1
order by s.id, p.exercise_no
