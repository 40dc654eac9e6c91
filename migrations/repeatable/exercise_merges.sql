-- Merges an athlete's own exercise into another one, and undoes it. The exercise's history moves with one update: sets
-- follow by their foreign key. The exercise stays as a name that imports and the search follow to the end of its chain.
-- exercise_merges remembers what moved. Undoing moves back what still lies at the end of the chain, so merges of one chain
-- may be undone in any order, and sessions that came in after the merge stay where they are.
--
-- Sessions that changed get a new version. One that was imported and not edited since stays so: a merge is no edit.

-- Locks an own exercise that is to be changed. 403 for a shared one and for one that the user only sees, null for one that the
-- user may not know of.
create or replace function workouts.lock_own_exercise(viewer_id bigint, exercise_id bigint) returns workouts.exercises
language plpgsql volatile
as $$
declare
  found_exercise workouts.exercises;
begin
  select x.* into found_exercise
  from workouts.exercises as x
  where x.id = lock_own_exercise.exercise_id
    and x.athlete_id = (
      select a.id
      from workouts.athletes as a
      where a.user_id = lock_own_exercise.viewer_id
    )
  for update;
  perform workouts.forbidden_if(found_exercise.id is null and exists (
    select
    from workouts.exercises as x
    where x.id = lock_own_exercise.exercise_id
      and (x.athlete_id is null or workouts.sees_exercise(lock_own_exercise.viewer_id, x.athlete_id, x.id))
  ));
  return found_exercise;
end
$$;

-- The same for one that gets a name or another exercise in its place. It takes the lock under which exercises are made,
-- within_quota()'s, before that of the exercise: an import has the first one, and waits for exercises. So each of two merges
-- sees what the other one made: no exercise moves to one that moves itself, and no two end in a circle.
drop function if exists workouts.lock_own_exercise_to_name(bigint, bigint);
create or replace function workouts.lock_own_exercises(viewer_id bigint, exercise_id bigint)
returns workouts.exercises
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('quota of exercises', a.id))
  from workouts.athletes as a
  where a.user_id = lock_own_exercises.viewer_id;
  return workouts.lock_own_exercise(lock_own_exercises.viewer_id, lock_own_exercises.exercise_id);
end
$$;

-- Raises the versions of sessions whose exercises changed.
create or replace function workouts.raise_sessions(session_ids bigint[]) returns void
language sql volatile
as $$
  update workouts.sessions as s
  set version = s.version + 1,
      import_version = s.import_version + (s.import_version = s.version)::int,
      set_rating_version = s.set_rating_version + 1,
      updated_at = now()
  where s.id = any(raise_sessions.session_ids)
$$;

-- How many merges of a chain lead to an exercise. merged_exercise_id() follows 100: it takes a longer chain for a circle.
create or replace function workouts.merges_before(exercise_id bigint) returns integer
language sql stable
as $$
  with recursive before as (
    select merges_before.exercise_id as id, 0 as merges
    union all
    select x.id, b.merges + 1
    from before as b
    join workouts.exercises as x on x.merged_into = b.id
    where b.merges < 100
  )
  select max(b.merges)
  from before as b
$$;

create or replace function workouts.merge_exercise(viewer_id bigint, exercise_id bigint, into_id bigint)
returns workouts.exercises
language plpgsql volatile
as $$
declare
  source workouts.exercises := workouts.lock_own_exercises(merge_exercise.viewer_id, merge_exercise.exercise_id);
  target_id bigint;
  moved bigint[];
  moved_nos smallint[];
begin
  if source.id is null then
    perform workouts.no_such('exercise');
  elsif source.merged_into is not null then
    perform workouts.clash('into', 'The exercise is merged already. Undo that merge first.');
  end if;
  select workouts.merged_exercise_id(x.id) into target_id
  from workouts.exercises as x
  where x.id = merge_exercise.into_id
    and coalesce(x.athlete_id, 0) in (0, source.athlete_id);
  if target_id is null then
    perform workouts.refuse('into', 'There is no such exercise.');
  elsif target_id = source.id then
    perform workouts.refuse('into', 'Expected another exercise, which is not merged into this one.');
  elsif workouts.merges_before(source.id) > 98 then
    perform workouts.refuse('into', 'Expected at most 99 merges one after the other: undo one first.');
  end if;
  with moving as (
    update workouts.session_exercises as e
    set exercise_id = target_id
    where e.exercise_id = source.id
      and e.athlete_id = source.athlete_id
    returning e.session_id, e.exercise_no
  )
  select
    coalesce(array_agg(m.session_id order by m.session_id, m.exercise_no), '{}'),
    coalesce(array_agg(m.exercise_no order by m.session_id, m.exercise_no), '{}')
  into moved, moved_nos
  from moving as m;
  insert into workouts.exercise_merges (exercise_id, session_ids, exercise_nos)
  values (source.id, moved, moved_nos);
  perform workouts.raise_sessions(moved);
  update workouts.exercises as x
  set merged_into = target_id,
      version = x.version + 1,
      updated_at = now()
  where x.id = source.id
  returning x.* into source;
  return source;
end
$$;

create or replace function workouts.unmerge_exercise(viewer_id bigint, exercise_id bigint) returns workouts.exercises
language plpgsql volatile
as $$
declare
  source workouts.exercises := workouts.lock_own_exercises(unmerge_exercise.viewer_id, unmerge_exercise.exercise_id);
  moved bigint[];
begin
  if source.id is null then
    perform workouts.no_such('exercise');
  elsif source.merged_into is null then
    return source;
  end if;
  with record as (
    delete from workouts.exercise_merges as m
    where m.exercise_id = source.id
    returning m.session_ids, m.exercise_nos
  ),
  moving as (
    update workouts.session_exercises as e
    set exercise_id = source.id
    from record as r
    cross join lateral unnest(r.session_ids, r.exercise_nos) as n (session_id, exercise_no)
    where (e.session_id, e.exercise_no) = (n.session_id, n.exercise_no)
      and e.exercise_id = workouts.merged_exercise_id(source.id)
      and e.athlete_id = source.athlete_id
    returning e.session_id
  )
  select array_agg(m.session_id) into moved
  from moving as m;
  perform workouts.raise_sessions(moved);
  update workouts.exercises as x
  set merged_into = null,
      version = x.version + 1,
      updated_at = now()
  where x.id = source.id
  returning x.* into source;
  return source;
end
$$;

-- The reply that shows one exercise as it is stored.
create or replace function workouts.exercise_reply(exercise workouts.exercises) returns json
language sql stable
as $$
  select workouts.exercise_json(
    exercise,
    (
      select json_agg(workouts.muscle_json(m.name, em.share) order by em.share desc, m.name)
      from workouts.exercise_muscles as em
      join workouts.muscles as m on m.id = em.muscle_id
      where em.exercise_id = exercise.id
    ),
    (
      select json_agg(workouts.muscle_share_json(k.code, k.muscle_group, s.share) order by s.share desc, k.code)
      from workouts.exercise_muscle_shares as s
      join workouts.muscle_codes as k on k.code = s.code
      where s.exercise_id = exercise.id
    ),
    array(
      select distinct n.alias
      from workouts.exercise_aliases as n
      where n.exercise_id = exercise.id
      order by n.alias
    )
  )
$$;
