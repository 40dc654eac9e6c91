-- What a session looks like inside a reply: one definition of each shape, so that what a write answers is what a read
-- answers afterwards, key by key. The one-expression functions are inlined by the planner, the table function too where
-- it stands in a from; their bodies are strings and not `return …`, since a body that is bound at creation would stand in
-- the way of migrations that alter the tables.

create or replace function workouts.set_json(
  set_no smallint, "position" smallint, kind text, reps smallint, weight_kg float8, distance_m float8,
  duration_s integer, rpe float8, rir smallint, notes text
) returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'set_no', set_no, 'position', "position", 'kind', kind, 'reps', reps, 'weight_kg', weight_kg,
    'distance_m', distance_m, 'duration_s', duration_s, 'rpe', rpe, 'rir', rir, 'notes', notes
  )
$$;

create or replace function workouts.session_exercise_json(
  exercise_no smallint, "position" smallint, exercise_id bigint, name text, superset smallint, notes text, sets json
) returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'exercise_no', exercise_no, 'position', "position", 'exercise_id', exercise_id, 'name', name,
    'superset', superset, 'notes', notes, 'sets', coalesce(sets, '[]')
  )
$$;

-- Whole seconds, as instants are.
create or replace function workouts.session_duration_s(started_at timestamptz, ended_at timestamptz) returns integer
language sql immutable parallel safe
as $$
  select extract(epoch from date_trunc('second', ended_at, 'UTC') - date_trunc('second', started_at, 'UTC'))::integer
$$;

create or replace function workouts.session_json(session workouts.sessions, exercises json) returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'id', session.id, 'title', session.title, 'notes', session.notes, 'status', session.status,
    'started_at', workouts.rfc3339(session.started_at), 'ended_at', workouts.rfc3339(session.ended_at),
    'duration_s', workouts.session_duration_s(session.started_at, session.ended_at),
    'zone', session.zone, 'local_on', session.local_on, 'rpe', session.rpe::float8,
    'exercise_count', session.exercise_count, 'set_count', session.set_count, 'volume_kg', session.volume_kg,
    'import_id', session.import_id, 'client_key', session.client_key, 'version', session.version,
    'created_at', workouts.rfc3339(session.created_at), 'updated_at', workouts.rfc3339(session.updated_at),
    'exercises', coalesce(exercises, '[]')
  )
$$;

-- A stored session's exercises with their sets, ordered by position, then number. The name is a sub-select and not a
-- join: for five rows the planner merged its way through the whole catalogue (0.23 ms instead of 0.14).
create or replace function workouts.exercises_of_session(session_id bigint) returns table (exercises json)
language sql stable parallel safe
as $$
  select json_agg(
    workouts.session_exercise_json(
      e.exercise_no, e.position, e.exercise_id,
      (
        select x.name
        from workouts.exercises as x
        where x.id = e.exercise_id
      ),
      e.superset, e.notes,
      (
        select json_agg(
          workouts.set_json(
            t.set_no, t.position, workouts.set_kind_name(t.kind), t.reps, t.weight_kg, t.distance_m, t.duration_s,
            t.rpe::float8, t.rir, t.notes
          )
          order by t.position, t.set_no
        )
        from workouts.sets as t
        where t.session_id = e.session_id
          and t.exercise_no = e.exercise_no
      )
    )
    order by e.position, e.exercise_no
  )
  from workouts.session_exercises as e
  where e.session_id = exercises_of_session.session_id
$$;

-- Where an exercise's merging ended: usually itself. Called only for merged ones, since it walks.
create or replace function workouts.merged_exercise_id(exercise_id bigint) returns bigint
language sql stable parallel safe
as $$
  with recursive chain as (
    select x.id, x.merged_into, 1 as step
    from workouts.exercises as x
    where x.id = merged_exercise_id.exercise_id
    union all
    select x.id, x.merged_into, c.step + 1
    from chain as c
    join workouts.exercises as x on x.id = c.merged_into
    where c.step < 100
  )
  select c.id
  from chain as c
  where c.merged_into is null
$$;

-- What is stored under a client_key. Volatile on purpose: only so does it see the session whose insertion, by another
-- request, ours has just waited for; the statement's own snapshot is older.
create or replace function workouts.session_json_of_client_key(athlete_id bigint, client_key uuid) returns json
language sql volatile
as $$
  select workouts.session_json(s, parts.exercises)
  from workouts.sessions as s
  cross join lateral workouts.exercises_of_session(s.id) as parts
  where s.athlete_id = session_json_of_client_key.athlete_id
    and s.client_key = session_json_of_client_key.client_key
$$;

-- A session's exercises as they are now, not as they were when the statement began: for writes that may have waited for
-- another. Volatile for that reason.
create or replace function workouts.exercises_of_session_now(session_id bigint) returns json
language sql volatile
as $$
  select parts.exercises
  from workouts.exercises_of_session(exercises_of_session_now.session_id) as parts
$$;
