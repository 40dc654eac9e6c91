-- An athlete whom a coach kept becomes a user's own, with the whole history and all stays in teams. The user's athlete
-- until now is merged into it. If both have the same thing, the kept athlete's stays: an exercise of one name, a workout
-- that both imported and nobody edited since, a client_key. Zone and week_start are taken from the user, who chose them.
-- A session in progress that either forgot ends, as when the next one starts; two that go on are a conflict.
--
-- Whatever the user and the keeper write meanwhile waits in the guard. It would find its athlete gone, or not its own any
-- more, after it had judged. Both locks are got in the order of the users' ids.
create or replace function workouts.claim_athlete(user_id bigint, athlete_id bigint) returns bigint
language plpgsql volatile
as $$
declare
  kept workouts.athletes;
  own workouts.athletes;
  writer bigint;
begin
  for writer in
    select w.id
    from (
      select claim_athlete.user_id as id
      union
      select a.kept_by
      from workouts.athletes as a
      where a.id = claim_athlete.athlete_id
        and a.kept_by is not null
    ) as w
    order by w.id
  loop
    perform pg_advisory_xact_lock(workouts.claims_of(writer));
  end loop;
  select a.* into kept
  from workouts.athletes as a
  where a.id = claim_athlete.athlete_id
    and a.kept_by is not null
  for update;
  if not found then
    perform workouts.no_such('athlete');
  end if;
  select a.* into own
  from workouts.athletes as a
  where a.user_id = claim_athlete.user_id
  for update;
  if found then
    perform workouts.end_forgotten_sessions(a.id, 1)
    from unnest(array[own.id, kept.id]) as a (id);
    perform workouts.give_training(own.id, kept.id);
    perform workouts.give_stays(own.id, kept.id, kept.name);
    delete from workouts.athletes as a
    where a.id = own.id;
  end if;
  update workouts.athletes as a
  set user_id = claim_athlete.user_id,
      kept_by = null,
      born_on = coalesce(kept.born_on, own.born_on),
      sex = coalesce(kept.sex, own.sex),
      height_cm = coalesce(kept.height_cm, own.height_cm),
      zone = workouts.zone_or_utc(coalesce(own.zone, kept.zone)),
      week_start = coalesce(own.week_start, kept.week_start),
      version = a.version + 1,
      updated_at = now()
  where a.id = kept.id;
  return kept.id;
end
$$;

-- Moves sessions, exercises and imports of one athlete to another. The foreign key moves sets with their sessions.
create or replace function workouts.give_training(from_id bigint, to_id bigint) returns void
language plpgsql volatile
as $$
begin
  perform workouts.give_exercises(from_id, to_id);
  perform workouts.give_imported(from_id, to_id);
  insert into workouts.day_values (athlete_id, kind, local_on, value)
  select to_id, v.kind, v.local_on, v.value
  from workouts.day_values as v
  where v.athlete_id = from_id
  on conflict do nothing;
  update workouts.sessions as s
  set athlete_id = to_id,
      client_key = case
        when not exists (
          select
          from workouts.sessions as k
          where k.athlete_id = to_id
            and k.client_key = s.client_key
        ) then s.client_key
      end
  where s.athlete_id = from_id;
  insert into workouts.deleted_client_keys (athlete_id, client_key, deleted_at)
  select to_id, d.client_key, d.deleted_at
  from workouts.deleted_client_keys as d
  where d.athlete_id = from_id
  on conflict do nothing;
end
$$;

-- If both have an exercise of the same name, it becomes the other athlete's one, or the one that this was merged into. Its
-- other names go with it. Whatever shows the name or the other names gets a new version.
create or replace function workouts.give_exercises(from_id bigint, to_id bigint) returns void
language plpgsql volatile
as $$
declare
  twin record;
  moved bigint[];
begin
  for twin in
    select o.id as from_exercise_id, workouts.merged_exercise_id(k.id) as to_exercise_id, k.id as named_id
    from workouts.exercises as o
    join workouts.exercises as k on k.athlete_id = to_id and lower(k.name) = lower(o.name)
    where o.athlete_id = from_id
  loop
    with moving as (
      update workouts.session_exercises as e
      set exercise_id = twin.to_exercise_id
      where e.exercise_id = twin.from_exercise_id
      returning e.session_id
    )
    select array_agg(m.session_id) into moved
    from moving as m;
    perform workouts.raise_sessions(moved);
    update workouts.exercises as x
    set merged_into = nullif(twin.to_exercise_id, x.id)
    where x.merged_into = twin.from_exercise_id;
    with given as (
      insert into workouts.exercise_aliases (exercise_id, source, alias)
      select twin.named_id, a.source, a.alias
      from workouts.exercise_aliases as a
      where a.exercise_id = twin.from_exercise_id
      on conflict do nothing
      returning exercise_id
    )
    update workouts.exercises as x
    set version = x.version + 1,
        updated_at = now()
    where x.id in (select g.exercise_id from given as g);
    update workouts.exercises as x
    set former_names = array(
      select f.name
      from unnest(x.former_names || o.former_names) with ordinality as f (name, place)
      group by f.name
      order by min(f.place)
      limit 50
    )
    from workouts.exercises as o
    where x.id = twin.named_id
      and o.id = twin.from_exercise_id
      and o.former_names <> '{}';
    delete from workouts.exercises as x
    where x.id = twin.from_exercise_id;
  end loop;
  update workouts.exercises as x
  set athlete_id = to_id
  where x.athlete_id = from_id;
end
$$;

-- Workouts that both imported are recognised as in imports: by start, title and content, and not by the ordinal at the end
-- of the key. Of a workout that both have, one session stays; an edited session stays as well. A workout that only has the
-- same start and title gets its own ordinal and stays known.
create or replace function workouts.give_imported(from_id bigint, to_id bigint) returns void
language plpgsql volatile
as $$
declare
  twin record;
begin
  for twin in
    with known as (
      select
        i.athlete_id, i.source, i.source_key, i.session_id, i.row_digest,
        regexp_replace(i.source_key, '\|[0-9]+$', '') as workout,
        row_number() over (
          partition by i.athlete_id, i.source, regexp_replace(i.source_key, '\|[0-9]+$', ''), i.row_digest
          order by i.session_id nulls last, i.source_key
        ) as turn
      from workouts.imported_sessions as i
      where i.athlete_id in (from_id, to_id)
    )
    select
      o.source, o.source_key as from_key, o.session_id as from_session_id,
      k.source_key as to_key, k.session_id as to_session_id
    from known as o
    join known as k using (source, workout, row_digest, turn)
    where o.athlete_id = from_id
      and k.athlete_id = to_id
  loop
    if twin.to_session_id is null then
      update workouts.imported_sessions as i
      set session_id = twin.from_session_id
      where i.athlete_id = to_id
        and (i.source, i.source_key) = (twin.source, twin.to_key);
    else
      delete from workouts.sessions as s
      where s.id = twin.from_session_id
        and s.version = s.import_version;
    end if;
    delete from workouts.imported_sessions as i
    where i.athlete_id = from_id
      and (i.source, i.source_key) = (twin.source, twin.from_key);
  end loop;

  -- A key without an ordinal is the workout's id in its source: the record of this athlete stays.
  delete from workouts.imported_sessions as o
  using workouts.imported_sessions as k
  where o.athlete_id = from_id
    and k.athlete_id = to_id
    and (k.source, k.source_key) = (o.source, o.source_key)
    and o.source_key !~ '\|[0-9]+$';
  update workouts.imported_sessions as i
  set source_key = n.workout || '|' || (n.last_ordinal + n.turn)
  from (
    select
      o.source, o.source_key, w.workout, l.last_ordinal,
      row_number() over (partition by o.source, w.workout order by o.source_key) as turn
    from workouts.imported_sessions as o
    join workouts.imported_sessions as k
      on k.athlete_id = to_id and (k.source, k.source_key) = (o.source, o.source_key)
    cross join lateral regexp_replace(o.source_key, '\|[0-9]+$', '') as w (workout)
    cross join lateral (
      select max(substring(a.source_key from '[0-9]+$')::int) as last_ordinal
      from workouts.imported_sessions as a
      where a.athlete_id in (from_id, to_id)
        and a.source = o.source
        and regexp_replace(a.source_key, '\|[0-9]+$', '') = w.workout
    ) as l
    where o.athlete_id = from_id
  ) as n
  where i.athlete_id = from_id
    and (i.source, i.source_key) = (n.source, n.source_key);
  update workouts.imported_sessions as i
  set athlete_id = to_id
  where i.athlete_id = from_id;
  update workouts.imports as i
  set athlete_id = to_id
  where i.athlete_id = from_id;
end
$$;

-- Merges two athletes' stays into the stays of one: the days on which either was in a team. If one of them has hidden the
-- history from former coaches, it stays hidden.
create or replace function workouts.give_stays(from_id bigint, to_id bigint, name text) returns void
language sql volatile
as $$
  with stays as (
    delete from workouts.team_athletes as t
    where t.athlete_id in (from_id, to_id)
    returning t.team_id, t.member_days, t.keeps_history
  )
  insert into workouts.team_athletes (team_id, athlete_id, athlete_name, joined_on, left_on, keeps_history)
  select m.team_id, to_id, name, lower(d.days), upper(d.days), m.keeps_history
  from (
    select s.team_id, range_agg(s.member_days) as days, bool_and(s.keeps_history) as keeps_history
    from stays as s
    group by s.team_id
  ) as m
  cross join lateral unnest(m.days) as d (days)
$$;
