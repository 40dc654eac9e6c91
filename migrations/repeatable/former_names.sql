-- A renamed exercise keeps the names that it had, so that imports and the search find it by them, as after a merge. A name
-- leads to the exercise that had it last: who gives it to another exercise, as its name or as an alias, takes it from this
-- one. The latest 50 are kept, as many as an exercise may have aliases.

-- Takes a name from the other exercises of an athlete that had it.
create or replace function workouts.take_former_name(athlete_id bigint, exercise_id bigint, name text) returns void
language sql volatile
as $$
  update workouts.exercises as x
  set former_names = array_remove(x.former_names, take_former_name.name)
  where coalesce(x.athlete_id, 0) = take_former_name.athlete_id
    and x.former_names <> '{}'
    and x.former_names @> array[take_former_name.name]
    and x.id <> take_former_name.exercise_id
$$;

-- Refuses a name that another own exercise of the athlete has, but for case and hyphens. Those that were there before this
-- rule stay as they are. Whoever makes or renames an exercise has within_quota()'s lock, so that none comes in between.
-- An import makes thousands: each name is looked up in exercises_folded_name_idx, and folded once. Where the statistics know
-- few own exercises, reading all of an athlete's from another index looks cheaper. That one has not the order that is asked
-- for here, and sorting is switched off.
create or replace function workouts.refuse_taken_name(athlete_id bigint, exercise_id bigint, name text) returns void
language plpgsql volatile
set enable_sort = off
as $$
declare
  folded constant text := workouts.folded_name(refuse_taken_name.name);
begin
  perform
  from workouts.exercises as x
  where x.athlete_id = refuse_taken_name.athlete_id
    and x.id <> refuse_taken_name.exercise_id
    and workouts.folded_name(x.name) between folded and folded
    and lower(x.name) <> lower(refuse_taken_name.name)  -- these are the unique index's, which `on conflict` knows
  order by workouts.folded_name(x.name)
  limit 1;
  if found then
    raise exception using
      errcode = 'unique_violation', schema = 'workouts', table = 'exercises', constraint = 'exercises_name_key',
      message = 'Another own exercise has this name.';
  end if;
end
$$;

create or replace function workouts.keep_former_name() returns trigger
language plpgsql
as $$
declare
  name_now constant text := lower(new.name);
  name_before text;
  names text[];
begin
  if tg_op = 'UPDATE' then
    name_before := lower(old.name);
    if name_now = name_before then
      return new;
    end if;
    if workouts.folded_name(new.name) <> workouts.folded_name(old.name) then
      perform workouts.refuse_taken_name(new.athlete_id, new.id, new.name);
    end if;
    names := array_remove(array_remove(new.former_names, name_now), name_before) || name_before;
    new.former_names := names[greatest(1, cardinality(names) - 49):];
  else
    perform workouts.refuse_taken_name(new.athlete_id, new.id, new.name);
  end if;
  perform workouts.take_former_name(new.athlete_id, new.id, name_now);
  return new;
end
$$;

drop trigger if exists exercises_keep_former_names on workouts.exercises;
create trigger exercises_keep_former_names before insert or update of name on workouts.exercises
  for each row
  when (new.athlete_id is not null)
  execute function workouts.keep_former_name();

create or replace function workouts.take_former_name_for_alias() returns trigger
language plpgsql
as $$
begin
  perform workouts.take_former_name(x.athlete_id, x.id, lower(new.alias))
  from workouts.exercises as x
  where x.id = new.exercise_id
    and x.athlete_id is not null;
  return null;
end
$$;

drop trigger if exists exercise_aliases_take_former_names on workouts.exercise_aliases;
create trigger exercise_aliases_take_former_names after insert on workouts.exercise_aliases
  for each row
  when (new.source = 'own')
  execute function workouts.take_former_name_for_alias();
