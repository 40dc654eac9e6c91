-- The names by which an import finds exercises: rank 1 is the athlete's own, then its aliases, then what the source calls
-- an exercise of the catalogue, the catalogue's name, its alias anywhere. An exercise that was merged stands for the one it became.
-- The body is a string, so that it is inlined and does not stand in the way of migrations that alter the tables.
create or replace function workouts.exercise_names(athlete_id bigint, source text)
returns table (name text, exercise_id bigint, rank integer)
language sql stable parallel safe
as $$
  select lower(e.name), coalesce(e.merged_into, e.id), case when e.athlete_id is null then 4 else 1 end
  from workouts.exercises as e
  where coalesce(e.athlete_id, 0) in (0, exercise_names.athlete_id)
  union all
  select
    lower(k.alias),
    coalesce(e.merged_into, e.id),
    case when e.athlete_id is not null then 2 when k.source = exercise_names.source then 3 else 5 end
  from workouts.exercises as e
  join workouts.exercise_aliases as k on k.exercise_id = e.id
  where coalesce(e.athlete_id, 0) in (0, exercise_names.athlete_id)
    and k.source in (exercise_names.source, 'any', 'own')
$$;
