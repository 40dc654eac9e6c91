-- Muscles by code for exercises whose writer gives muscles by name only. The application's statement writes both; this is
-- for the release before, which knows names only, and for psql. An exercise that has codes keeps them.
create or replace function workouts.code_muscles() returns trigger
language plpgsql volatile
as $$
begin
  insert into workouts.exercise_muscle_shares (exercise_id, code, share)
  select n.exercise_id, c.code, n.share
  from named as n
  join workouts.muscles as m on m.id = n.muscle_id
  join workouts.muscle_codes as c on c.muscle = m.name and c.is_usual
  where n.share >= 0.000001
    and not exists (
      select
      from workouts.exercise_muscle_shares as k
      where k.exercise_id = n.exercise_id
    )
  on conflict do nothing;
  return null;
end
$$;

create or replace trigger exercise_muscles_are_coded
after insert on workouts.exercise_muscles
referencing new table as named
for each statement
execute function workouts.code_muscles();
