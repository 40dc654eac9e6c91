-- Erases a person. All of the person's rows are deleted. Rows that others need stay without the person's name. A row of
-- erasures proves it by counts.
--
-- The schema says which rows these are. Deleted are all rows that "on delete cascade" deletes with the user's row, with the
-- user's athlete and kept athletes, and with teams that have no other member. Anonymised are the rows of "on delete set
-- null". So later tables are counted without a list here. hand_over.sql first gives to others what they inherit.
create or replace function workouts.owned_rows() returns table (table_id regclass, deletes text, clears text)
language sql stable
as $$
  with recursive owned (table_id, is_deleted, condition, depth) as (
    values
      ('workouts.users'::regclass, true, 'id = $1' collate "C", 0),
      ('workouts.athletes'::regclass, true, 'user_id = $1 or kept_by = $1' collate "C", 0),
      (
        'workouts.teams'::regclass,
        true,
        'id in (select mine.team_id from workouts.team_members as mine where mine.user_id = $1 and not exists (select'
        ' from workouts.team_members as other where other.team_id = mine.team_id and other.user_id <> $1))' collate "C",
        0
      )
    union all
    select
      c.conrelid::regclass,
      c.confdeltype = 'c',
      format(
        '(%s) in (select %s from %s where %s)',
        (
          select string_agg(quote_ident(a.attname), ', ' order by k.place)
          from unnest(c.conkey) with ordinality as k (number, place)
          join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.number
        ),
        (
          select string_agg(quote_ident(a.attname), ', ' order by k.place)
          from unnest(c.confkey) with ordinality as k (number, place)
          join pg_attribute as a on a.attrelid = c.confrelid and a.attnum = k.number
        ),
        o.table_id,
        o.condition
      ),
      o.depth + 1
    from owned as o
    join pg_constraint as c on c.confrelid = o.table_id
    where c.contype = 'f'
      and c.confdeltype in ('c', 'n')
      and o.is_deleted
      and c.conname not in ('athletes_user_id_fkey', 'athletes_kept_by_fkey')
      and o.depth < 10
  )
  select
    o.table_id,
    coalesce(string_agg(o.condition, ' or ') filter (where o.is_deleted), 'false'),
    coalesce(string_agg(o.condition, ' or ') filter (where not o.is_deleted), 'false')
  from owned as o
  group by o.table_id
$$;

-- It runs as the owner, because only the owner may remove a person from the audit record and write a proof.
create or replace function workouts.erase_user(user_id bigint) returns workouts.erasures
language plpgsql volatile security definer
set search_path = workouts, extensions, pg_temp
as $$
declare
  part record;
  found_rows record;
  deleted jsonb := '{}';
  anonymised jsonb := '{}';
  proof workouts.erasures;
begin
  perform
  from workouts.users as u
  where u.id = erase_user.user_id
  for update;
  if not found then
    return null;  -- erased at the same moment, or never existed: no proof is written
  end if;
  perform workouts.hand_over_to_heirs(erase_user.user_id);
  perform
  from workouts.athletes as a
  where a.user_id = erase_user.user_id
    or a.kept_by = erase_user.user_id
  order by a.id
  for update;  -- a row that is added meanwhile is counted, or finds no athlete
  for part in
    select c.relname, o.table_id, o.deletes, o.clears
    from workouts.owned_rows() as o
    join pg_class as c on c.oid = o.table_id
    order by c.relname
  loop
    execute format(
      'select (select count(*) from %2$s where %1$s) as deletes,'
      ' (select count(*) from %2$s where (%3$s) and (%1$s) is not true) as clears',
      part.deletes, part.table_id, part.clears
    )
    into found_rows
    using erase_user.user_id;
    if found_rows.deletes > 0 then
      deleted := deleted || jsonb_build_object(part.relname, found_rows.deletes);
    end if;
    if found_rows.clears > 0 then
      anonymised := anonymised || jsonb_build_object(part.relname, found_rows.clears);
    end if;
  end loop;
  anonymised := anonymised || jsonb_build_object('audit_events', workouts.erase_person(erase_user.user_id));
  delete from workouts.athletes as a
  where a.user_id = erase_user.user_id
    or a.kept_by = erase_user.user_id;
  delete from workouts.users as u
  where u.id = erase_user.user_id;
  insert into workouts.erasures (user_id, request_id, deleted, anonymised)
  values (
    erase_user.user_id,
    coalesce(current_setting('app.request_id', true), ''),
    deleted::json,
    anonymised::json
  )
  returning * into proof;
  return proof;
end
$$;
revoke execute on function workouts.erase_user(bigint) from public;
grant execute on function workouts.erase_user(bigint) to workouts_app;
revoke insert on workouts.erasures from workouts_app;
