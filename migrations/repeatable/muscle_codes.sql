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

-- The muscles of a document that a client wrote, by name. If it names none, they follow from its codes: a name has the
-- largest share of its codes.
create or replace function workouts.muscles_in(document json)
returns table (muscle_id smallint, muscle text, share float8)
language sql volatile
as $$
  select
    coalesce(
      (
        select m.id
        from workouts.muscles as m
        where m.name = g.muscle
      ),
      workouts.refuse('muscles.' || g.place - 1 || '.muscle', 'There is no such muscle.')::smallint
    ),
    g.muscle,
    g.share
  from rows from (
    json_to_recordset(coalesce(document -> 'muscles', '[]')) as (muscle text, share float8)
  ) with ordinality as g (muscle, share, place)
  union all
  select m.id, m.name, max(g.share)
  from json_to_recordset(coalesce(document -> 'muscle_shares', '[]')) as g (code text, share float8)
  join workouts.muscle_codes as k on k.code = g.code
  join workouts.muscles as m on m.name = k.muscle
  where json_array_length(coalesce(document -> 'muscles', '[]')) = 0
  group by m.id, m.name
$$;

-- The same by code. If the document has no codes, they follow from its names: a name stands for its usual code.
create or replace function workouts.muscle_shares_in(document json)
returns table (code text, muscle_group text, share float8)
language sql stable
as $$
  select k.code, k.muscle_group, g.share
  from json_to_recordset(coalesce(document -> 'muscle_shares', '[]')) as g (code text, share float8)
  join workouts.muscle_codes as k on k.code = g.code
  union all
  select k.code, k.muscle_group, g.share
  from json_to_recordset(coalesce(document -> 'muscles', '[]')) as g (muscle text, share float8)
  join workouts.muscle_codes as k on k.muscle = g.muscle and k.is_usual
  where json_array_length(coalesce(document -> 'muscle_shares', '[]')) = 0
$$;
