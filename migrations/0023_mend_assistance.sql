-- Help that imports took for weight becomes help: a negative weight, no volume and no record.
--
-- Only in sessions that were imported and not edited since: what somebody wrote here is theirs. A session and its sets
-- change together, by a function, since a batch is one update; its version rises, and it stays "not edited since". Help
-- of more than 500 kg, which no machine gives, stays as it is. Running it twice changes nothing more.
-- migrate:up transaction:false
create or replace function workouts.turn_help(session_id bigint, assisted bigint[], sign integer) returns float8
language plpgsql volatile
as $$
begin
  update workouts.sets as t
  set weight_kg = -t.weight_kg
  where t.session_id = turn_help.session_id
    and t.exercise_id = any(turn_help.assisted)
    and t.weight_kg * sign > 0
    and t.weight_kg <= 500;
  return (
    select coalesce(sum(t.weight_kg * t.reps) filter (where t.kind <> 'w' and t.weight_kg > 0), 0)
    from workouts.sets as t
    where t.session_id = turn_help.session_id
  );
end
$$;
-- migrate:batch key=id size=2000
update sessions as s
set volume_kg = turn_help(s.id, array(select x.id from exercises as x where is_assisted(x.name)), 1),
    version = s.version + 1,
    import_version = s.import_version + 1,
    updated_at = now()
where s.version = s.import_version
  and exists (
    select
    from sets as t
    where t.session_id = s.id
      and t.exercise_id = any(array(select x.id from exercises as x where is_assisted(x.name)))
      and t.weight_kg > 0
      and t.weight_kg <= 500
  );
-- squawk-ignore ban-drop-function
drop function if exists workouts.turn_help(bigint, bigint[], integer);

-- Weights are again what files say of them, which is what an older release expects.
-- migrate:down transaction:false
create or replace function workouts.turn_help(session_id bigint, assisted bigint[], sign integer) returns float8
language plpgsql volatile
as $$
begin
  update workouts.sets as t
  set weight_kg = -t.weight_kg
  where t.session_id = turn_help.session_id
    and t.exercise_id = any(turn_help.assisted)
    and t.weight_kg * sign > 0;
  return (
    select coalesce(sum(t.weight_kg * t.reps) filter (where t.kind <> 'w' and t.weight_kg > 0), 0)
    from workouts.sets as t
    where t.session_id = turn_help.session_id
  );
end
$$;
-- migrate:batch key=id size=2000
update sessions as s
set volume_kg = turn_help(s.id, array(select x.id from exercises as x where is_assisted(x.name)), -1),
    version = s.version + 1,
    import_version = s.import_version + 1,
    updated_at = now()
where s.version = s.import_version
  and exists (
    select
    from sets as t
    where t.session_id = s.id
      and t.exercise_id = any(array(select x.id from exercises as x where is_assisted(x.name)))
      and t.weight_kg < 0
  );
drop function if exists workouts.turn_help(bigint, bigint[], integer);
