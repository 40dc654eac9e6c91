-- Counts, volume and mean rating of each session's sets. A table of its own, since an insert's query is never run in parallel.
create temp table scale_totals on commit drop as
select
  t.session_id,
  max(t.exercise_no) as exercise_count,
  count(*) as set_count,
  sum(workouts.set_volume_kg(t.kind, t.weight_kg, t.reps)) as volume_kg,
  avg(workouts.rating_of_set(t.kind, t.rpe, t.rir)) as set_rating
from workouts.sets as t
where t.session_id >= %(first_session)s
group by t.session_id
