-- exercise_no and set_no identify an exercise and a set of a session for ever: comments, doubts, devices and merges name
-- them. A row that a PUT sends without a number (the API marks it `counts_on`) gets one that no row of the session had
-- before. A list without any numbers means what is stored: its exercises are those of the same exercise_id, its sets those
-- of the same place; the rest is new.

-- The lowest number above all that were used; after the highest possible one, a number that nothing names any more.
create or replace function workouts.unused_number(last_no integer, taken integer[]) returns integer
language sql stable parallel safe
as $$
  select case
    when last_no < 1000 then last_no + 1
    else (
      select n.no
      from generate_series(1, 1000) as n (no)
      where n.no <> all(taken)
      order by n.no
      limit 1
    )
  end
$$;

-- The sets of one exercise of a request, each with its number. The exercise may be a new one.
create or replace function workouts.numbered_sets(sets jsonb, session_id bigint, exercise_no integer) returns jsonb
language plpgsql stable
as $$
declare
  stored integer[];
  taken integer[];
  last_no integer;
  number integer;
  numbers integer[] := '{}';
  means_stored boolean;
  given record;
begin
  if not jsonb_path_exists(sets, '$[*].counts_on') then
    return sets;
  end if;
  select coalesce(array_agg(t.set_no::integer order by t.position, t.set_no), '{}') into stored
  from workouts.sets as t
  where t.session_id = numbered_sets.session_id
    and t.exercise_no = numbered_sets.exercise_no;
  select
    coalesce(max(u.set_no), 0),
    stored || coalesce(array_agg(u.set_no) filter (where u.is_named), '{}'),
    coalesce(bool_and(u.counts_on) filter (where u.counts_on is not null), true)
  into last_no, taken, means_stored
  from (
    select unnest(stored) as set_no, true as is_named, null::boolean as counts_on
    union all
    select e.set_no, false, null
    from workouts.set_edits as e
    where e.session_id = numbered_sets.session_id
      and e.exercise_no = numbered_sets.exercise_no
    union all
    select c.set_no, true, null
    from workouts.session_comments as c
    where c.session_id = numbered_sets.session_id
      and c.exercise_no = numbered_sets.exercise_no
    union all
    select case when g.one ? 'counts_on' then 0 else (g.one ->> 'set_no')::integer end, true, g.one ? 'counts_on'
    from jsonb_array_elements(sets) as g (one)
  ) as u;
  for given in
    select g.one ? 'counts_on' as counts_on, (g.one ->> 'set_no')::integer as set_no, g.place
    from jsonb_array_elements(sets) with ordinality as g (one, place)
    order by g.place
  loop
    if not given.counts_on then
      numbers := numbers || given.set_no;
    elsif means_stored and given.place <= cardinality(stored) then
      numbers := numbers || stored[given.place];
    else
      number := workouts.unused_number(last_no, taken);
      last_no := greatest(last_no, number);
      taken := taken || number;
      numbers := numbers || number;
    end if;
  end loop;
  return (
    select jsonb_agg(
      g.one - 'counts_on'
      || jsonb_build_object('set_no', numbers[g.place])
      || case
        -- Without numbers, a drop set names the set that it follows by its place in the list.
        when means_stored and (g.one ->> 'drop_of')::integer <= cardinality(numbers)
          then jsonb_build_object('drop_of', numbers[(g.one ->> 'drop_of')::integer])
        else '{}'
      end
      order by g.place
    )
    from jsonb_array_elements(sets) with ordinality as g (one, place)
  );
end
$$;

-- The document of a PUT, in which each exercise and each set has its number.
create or replace function workouts.numbered_session(session json, session_id bigint) returns json
language plpgsql stable
as $$
declare
  stored integer[];
  stored_ids bigint[];
  whose bigint;
  last_no integer;
  taken integer[];
  number integer;
  means_stored boolean;
  given record;
  sets jsonb;
  exercises jsonb[] := '{}';
begin
  if position('"counts_on"' in session::text) = 0 then
    return session;
  end if;
  select
    coalesce(array_agg(x.exercise_no::integer order by x.position, x.exercise_no), '{}'),
    coalesce(array_agg(x.exercise_id order by x.position, x.exercise_no), '{}')
  into stored, stored_ids
  from workouts.session_exercises as x
  where x.session_id = numbered_session.session_id;
  select s.athlete_id, s.last_exercise_no into whose, last_no
  from workouts.sessions as s
  where s.id = numbered_session.session_id;
  select
    greatest(last_no, max(u.exercise_no)),
    stored || coalesce(array_agg(u.exercise_no) filter (where u.is_named), '{}'),
    coalesce(bool_and(u.counts_on) filter (where u.counts_on is not null), true)
  into last_no, taken, means_stored
  from (
    select unnest(stored) as exercise_no, true as is_named, null::boolean as counts_on
    union all
    select e.exercise_no, false, null
    from workouts.set_edits as e
    where e.session_id = numbered_session.session_id
    union all
    select c.exercise_no, true, null
    from workouts.session_comments as c
    where c.session_id = numbered_session.session_id
    union all
    select case when g.one ? 'counts_on' then 0 else (g.one ->> 'exercise_no')::integer end, true, g.one ? 'counts_on'
    from jsonb_array_elements(session::jsonb -> 'exercises') as g (one)
  ) as u;
  for given in
    select g.one, g.one ? 'counts_on' as counts_on, g.place
    from jsonb_array_elements(session::jsonb -> 'exercises') with ordinality as g (one, place)
    order by g.place
  loop
    number := (given.one ->> 'exercise_no')::integer;
    if given.counts_on then
      number := null;
      if means_stored then
        select o.exercise_no into number
        from unnest(stored, stored_ids) with ordinality as o (exercise_no, exercise_id, place)
        where o.exercise_id = workouts.usable_exercise_id((given.one ->> 'exercise_id')::bigint, whose)
        order by o.place
        limit 1;
        if number is not null then
          stored_ids[array_position(stored, number)] := null;  -- it stands for one row of the list
        end if;
      end if;
      if number is null then
        number := workouts.unused_number(last_no, taken);
        last_no := greatest(last_no, number);
        taken := taken || number;
      end if;
    end if;
    sets := workouts.numbered_sets(given.one -> 'sets', numbered_session.session_id, number);
    perform workouts.refuse(
      format('exercises.%s.sets.%s.drop_of', given.place - 1, g.place - 1), 'A drop set names another set that it follows.'
    )
    from jsonb_array_elements(sets) with ordinality as g (one, place)
    where g.one -> 'drop_of' = g.one -> 'set_no';
    exercises := exercises || (
      given.one - 'counts_on' || jsonb_build_object('exercise_no', number, 'sets', sets)
    );
  end loop;
  return (session::jsonb || jsonb_build_object('exercises', to_jsonb(exercises)))::json;
end
$$;

-- Refuses a document of a PUT that has more exercises, or more sets of one, than a client may add, unless the session has as
-- many already: imports store more. Returns the document.
create or replace function workouts.session_within_bounds(session json, session_id bigint) returns json
language plpgsql stable
as $$
declare
  there integer := json_array_length(session -> 'exercises');
  large record;
begin
  if there > 100 and there > (
    select count(*)
    from workouts.session_exercises as x
    where x.session_id = session_within_bounds.session_id
  ) then
    perform workouts.refuse('exercises', format('Expected at most 100, there are %s.', there));
  end if;
  for large in
    select g.place, (g.one ->> 'exercise_no')::integer as exercise_no, json_array_length(g.one -> 'sets') as there
    from json_array_elements(session -> 'exercises') with ordinality as g (one, place)
    where json_array_length(g.one -> 'sets') > 200
  loop
    if large.there > (
      select count(*)
      from workouts.sets as t
      where t.session_id = session_within_bounds.session_id
        and t.exercise_no = large.exercise_no
    ) then
      perform workouts.refuse(
        'exercises.' || large.place - 1 || '.sets', format('Expected at most 200, there are %s.', large.there)
      );
    end if;
  end loop;
  return session;
end
$$;
