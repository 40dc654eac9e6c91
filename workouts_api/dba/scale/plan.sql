-- What a training week repeats: four sessions of 20, 18, 22 and 16 sets, the last of them closing with a stretch of
-- cardio. ordinal is a set's place in its session; starts_at that of the session's first set in the week's 76.
create temp table scale_plan on commit drop as
select
  w.plan::smallint as plan,
  w.starts_at::integer as starts_at,
  w.set_count::integer as set_count,
  e.exercise_no::smallint as exercise_no,
  t.set_no::smallint as set_no,
  row_number() over (partition by w.plan order by e.exercise_no, t.set_no)::integer as ordinal,
  t.set_no = e.sets and e.sets > 1 as is_last,
  e.sets = 1 as is_cardio
from (
  values
    (0, 0, 20, array[4, 4, 4, 4, 4]),
    (1, 20, 18, array[3, 3, 3, 3, 3, 3]),
    (2, 38, 22, array[5, 5, 4, 4, 4]),
    (3, 60, 16, array[5, 5, 5, 1])
) as w (plan, starts_at, set_count, shape)
cross join lateral unnest(w.shape) with ordinality as e (sets, exercise_no)
cross join lateral generate_series(1, e.sets) as t (set_no)
