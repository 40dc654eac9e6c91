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

-- A name without regard to case and hyphens: a hyphen is a blank. texts.folded_name() does the same. It is not declared
-- strict, though null gives null: so that it is inlined.
create or replace function workouts.folded_name(name text) returns text
language sql immutable parallel safe
as $$
  select coalesce(
    nullif(
      btrim(
        replace(replace(translate(lower(name), U&'-\2010\2011', '   '), '   ', ' '), '  ', ' ')
      ),
      ''
    ),
    lower(name)
  )
$$;

-- The names by which an import finds exercises: each in lower case, and those with hyphens folded as well. An import looks
-- for the name as it is written first, then for the folded one. Rank 2 is the name of an own exercise. Then follow its
-- former names, its aliases, the source's alias of a shared exercise, the name of a shared exercise, and its aliases of any
-- source and former names; a folded name stands behind one that is written so. A merged exercise stands for the one at the
-- end of its chain.
-- Aliases of own exercises have the source 'own'. They are found by the athlete's exercises, whose ids are an array: a join
-- would be planned as a hash join, and read the own aliases of all athletes.
-- The body is a string, so that it is inlined and does not block migrations that alter the tables.
create or replace function workouts.exercise_names(athlete_id bigint, source text)
returns table (name text, exercise_id bigint, rank integer)
language sql stable parallel safe
as $$
  select
    k.name,
    case when w.merged_into is null then w.id else workouts.merged_exercise_id(w.id) end,
    2 * w.rank + k.is_folded
  from (
    select e.name as written, e.id, e.merged_into, case when e.athlete_id is null then 5 else 1 end as rank
    from workouts.exercises as e
    where coalesce(e.athlete_id, 0) in (0, exercise_names.athlete_id)
    union all
    select
      a.alias,
      e.id,
      e.merged_into,
      case when e.athlete_id is not null then 3 when a.source = exercise_names.source then 4 else 6 end
    from workouts.exercise_aliases as a
    join workouts.exercises as e on e.id = a.exercise_id
    where a.source in (exercise_names.source, 'any')
      and coalesce(e.athlete_id, 0) in (0, exercise_names.athlete_id)
    union all
    select a.alias, e.id, e.merged_into, 3
    from workouts.exercise_aliases as a
    join workouts.exercises as e on e.id = a.exercise_id
    where a.source = 'own'
      and a.exercise_id = any(array(
        select x.id
        from workouts.exercises as x
        where x.athlete_id = exercise_names.athlete_id
      ))
    union all
    select f.name, e.id, e.merged_into, case when e.athlete_id is null then 6 else 2 end
    from workouts.exercises as e
    cross join unnest(e.former_names) as f (name)
    where coalesce(e.athlete_id, 0) in (0, exercise_names.athlete_id)
      and e.former_names <> '{}'
  ) as w
  cross join lateral (
    select lower(w.written) as name, 0 as is_folded
    union all
    select workouts.folded_name(w.written), 1
    where translate(w.written, U&'-\2010\2011', '') <> w.written  -- the few with a hyphen: all others are folded already
      and workouts.folded_name(w.written) <> lower(w.written)
  ) as k
$$;
