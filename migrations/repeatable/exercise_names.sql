-- The exercise at the end of a chain of merged exercises. It is called only for merged ones, since it follows the chain. A
-- circle has no end; the exercise then stands for itself, so that nothing is refused or lost.
create or replace function workouts.merged_exercise_id(exercise_id bigint) returns bigint
language sql stable parallel safe
as $$
  with recursive chain as (
    select x.id, x.merged_into, 1 as step
    from workouts.exercises as x
    where x.id = merged_exercise_id.exercise_id
    union all
    select x.id, x.merged_into, c.step + 1
    from chain as c
    join workouts.exercises as x on x.id = c.merged_into
    where c.step < 100
  )
  select coalesce(
    (
      select c.id
      from chain as c
      where c.merged_into is null
    ),
    merged_exercise_id.exercise_id
  )
$$;

-- The names by which an import finds exercises. Rank 1 is the name of an own exercise. Then follow its aliases, the
-- source's alias of a shared exercise, the name of a shared exercise, and its aliases of any source. A merged exercise
-- stands for the one at the end of its chain.
-- Aliases of own exercises have the source 'own'. They are found by the athlete's exercises, whose ids are an array: a join
-- would be planned as a hash join, and read the own aliases of all athletes.
-- The body is a string, so that it is inlined and does not block migrations that alter the tables.
create or replace function workouts.exercise_names(athlete_id bigint, source text)
returns table (name text, exercise_id bigint, rank integer)
language sql stable parallel safe
as $$
  select
    lower(e.name),
    case when e.merged_into is null then e.id else workouts.merged_exercise_id(e.id) end,
    case when e.athlete_id is null then 4 else 1 end
  from workouts.exercises as e
  where coalesce(e.athlete_id, 0) in (0, exercise_names.athlete_id)
  union all
  select
    lower(k.alias),
    case when e.merged_into is null then e.id else workouts.merged_exercise_id(e.id) end,
    case when e.athlete_id is not null then 2 when k.source = exercise_names.source then 3 else 5 end
  from workouts.exercise_aliases as k
  join workouts.exercises as e on e.id = k.exercise_id
  where k.source in (exercise_names.source, 'any')
    and coalesce(e.athlete_id, 0) in (0, exercise_names.athlete_id)
  union all
  select
    lower(k.alias),
    case when e.merged_into is null then e.id else workouts.merged_exercise_id(e.id) end,
    2
  from workouts.exercise_aliases as k
  join workouts.exercises as e on e.id = k.exercise_id
  where k.source = 'own'
    and k.exercise_id = any(array(
      select x.id
      from workouts.exercises as x
      where x.athlete_id = exercise_names.athlete_id
    ))
$$;
