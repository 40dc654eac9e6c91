-- The audit record of changes to people, teams and keys, and its triggers.
--
-- record_audit(): writes one event per row. Arguments: the columns of the key, and the secret columns, whose values are
-- not recorded, both separated by commas. A deletion records no values: the events before it have them.
create or replace function workouts.record_audit() returns trigger
language plpgsql security definer
set search_path = workouts, pg_temp
as $$
declare
  unimportant constant text[] := array['version', 'updated_at', 'created_at', 'last_used_on'];
  key_columns constant text[] := string_to_array(tg_argv[0], ',');
  secret_columns constant text[] := string_to_array(tg_argv[1], ',');
  old_row constant jsonb := coalesce(to_jsonb(old), '{}');
  new_row constant jsonb := coalesce(to_jsonb(new), '{}');
  any_row constant jsonb := old_row || new_row;
  changes jsonb := '{}';
begin
  if tg_op <> 'DELETE' then
    select coalesce(
      jsonb_object_agg(
        c.name,
        case when c.name <> all (secret_columns) then jsonb_build_object('old', old_row -> c.name, 'new', c.value) end
      ),
      '{}'
    )
    into changes
    from jsonb_each(new_row) as c (name, value)
    where c.name <> all (unimportant)
      and c.value is distinct from coalesce(old_row -> c.name, 'null');
    if tg_op = 'UPDATE' and changes = '{}' then
      return null;
    end if;
  end if;
  insert into audit_events (actor_id, request_id, action, table_name, row_key, person_id, changes)
  values (
    acting_user_id(),
    coalesce(current_setting('app.request_id', true), ''),
    lower(tg_op),
    tg_table_name,
    (select string_agg(any_row ->> k.name, ',' order by k.place) from unnest(key_columns) with ordinality as k (name, place)),
    (case tg_table_name when 'users' then any_row ->> 'id' else any_row ->> 'user_id' end)::bigint,
    changes
  );
  return null;
end
$$;
-- Two triggers run as the owner: this one, and count_users() of 0007. Their tables call them, which needs no grant. With a
-- grant, the application could call them by its own triggers on a temporary table, and write any event.
do $$
declare
  narrowed regprocedure;
begin
  for narrowed in
    select p.oid
    from pg_proc as p
    where p.pronamespace = 'workouts'::regnamespace
      and p.prosecdef
      and p.prorettype = 'trigger'::regtype
  loop
    execute format('revoke execute on function %s from public', narrowed);
  end loop;
end
$$;

-- Removes a person's values from the record and returns the number of such events. The events stay, with their time and
-- author.
-- Only erase_user() calls it, as the owner: the application must not be able to empty the record.
create or replace function workouts.erase_person(user_id bigint) returns bigint
language sql volatile
set search_path = workouts, pg_temp
as $$
  with erased as (
    update audit_events as e
    set changes = (
      select jsonb_object_agg(c.name, null)
      from jsonb_object_keys(e.changes) as c (name)
    )
    where e.person_id = erase_person.user_id
      and e.changes <> '{}'
    returning e.id
  )
  select count(*)
  from erased
$$;
revoke execute on function workouts.erase_person(bigint) from public, workouts_app;

-- The tables whose changes are recorded, if they exist. Each has its secret columns, and columns with names of persons who
-- cannot be known from the row: erase_person() would not find those. A later migration that makes one of these tables must
-- come with a change of this file, since otherwise this file is not applied again.
do $$
declare
  recorded record;
begin
  for recorded in
    select
      to_regclass('workouts.' || t.name) as id,
      t.secrets,
      (
        select string_agg(a.attname, ',' order by k.place)
        from pg_constraint as c
        cross join lateral unnest(c.conkey) with ordinality as k (attnum, place)
        join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.attnum
        where c.conrelid = to_regclass('workouts.' || t.name)
          and c.contype = 'p'
      ) as key_columns
    from (
      values
        ('users', 'password_hash'),
        ('teams', ''),
        ('team_members', ''),
        ('team_athletes', 'athlete_name'),
        ('invitations', 'email,code,code_sha256'),
        ('api_keys', 'secret_sha256,secret_start')
    ) as t (name, secrets)
    where to_regclass('workouts.' || t.name) is not null
  loop
    execute format(
      'create or replace trigger record_audit after insert or update or delete on %s '
      'for each row execute function workouts.record_audit(%L, %L)',
      recorded.id, recorded.key_columns, recorded.secrets
    );
  end loop;
end
$$;
