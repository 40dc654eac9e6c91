-- A session's fields: as columns of lists, as JSON of one session, and as a client writes them. Each list exists only here.
-- GET and the reply to a write use the same JSON, so their bytes are the same, and so is their ETag.
--
-- The planner inlines these functions: a read costs the same as with its columns written out. Bodies are strings and not
-- `return …`, since a body that is bound at creation would block migrations that alter the tables. Functions that return
-- tables are dropped first, because `create or replace` cannot add a column to them.

-- A duration in whole seconds, because instants have whole seconds.
create or replace function workouts.session_duration_s(started_at timestamptz, ended_at timestamptz) returns integer
language sql immutable parallel safe
as $$
  select extract(epoch from date_trunc('second', ended_at, 'UTC') - date_trunc('second', started_at, 'UTC'))::integer
$$;

-- The columns of lists: `select c.* from sessions as s cross join lateral session_columns(s) as c`.
drop function if exists workouts.session_columns(workouts.sessions);
create function workouts.session_columns(session workouts.sessions) returns table (
  id bigint,
  title text,
  notes text,
  status text,
  started_at timestamptz,
  ended_at timestamptz,
  duration_s integer,
  zone text,
  local_on date,
  rpe float8,
  sport text,
  moving_time_s integer,
  distance_m float8,
  ascent_m float8,
  descent_m float8,
  average_heart_rate_bpm float8,
  max_heart_rate_bpm smallint,
  average_power_w float8,
  normalized_power_w float8,
  exercise_count smallint,
  set_count smallint,
  volume_kg float8,
  import_id bigint,
  end_is_guessed boolean,
  version integer,
  created_at timestamptz,
  updated_at timestamptz
)
language sql stable parallel safe rows 1
as $$
  select
    session.id,
    session.title,
    session.notes,
    session.status,
    session.started_at,
    session.ended_at,
    workouts.session_duration_s(session.started_at, session.ended_at),
    session.zone,
    session.local_on,
    session.rpe::float8,
    session.sport,
    session.moving_time_s,
    session.distance_m,
    session.ascent_m,
    session.descent_m,
    session.average_heart_rate_bpm,
    session.max_heart_rate_bpm,
    session.average_power_w,
    session.normalized_power_w,
    session.exercise_count,
    session.set_count,
    session.volume_kg,
    session.import_id,
    session.end_is_guessed,
    session.version,
    session.created_at,
    session.updated_at
$$;

drop function if exists workouts.set_json(
  smallint, smallint, text, smallint, float8, float8, integer, float8, smallint, text
);
create or replace function workouts.set_json(
  set_no smallint, "position" smallint, kind "char", reps smallint, weight_kg float8, distance_m float8,
  duration_s integer, rpe float8, rir smallint, notes text, side text, tempo text, drop_of smallint,
  done_at timestamptz
) returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'set_no', set_no, 'position', "position", 'kind', workouts.set_kind_name(kind), 'reps', reps,
    'weight_kg', weight_kg, 'distance_m', distance_m, 'duration_s', duration_s, 'rpe', rpe, 'rir', rir, 'notes', notes,
    'side', side, 'tempo', tempo, 'drop_of', drop_of, 'is_done', workouts.is_done_set(kind),
    'done_at', workouts.rfc3339(done_at)
  )
$$;

-- A stored set.
create or replace function workouts.stored_set_json(stored workouts.sets) returns json
language sql stable parallel safe
as $$
  select workouts.set_json(
    stored.set_no, stored.position, stored.kind, stored.reps, stored.weight_kg, stored.distance_m, stored.duration_s,
    stored.rpe::float8, stored.rir, stored.notes, stored.side, stored.tempo, stored.drop_of, stored.done_at
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

-- Without the laps it reads them: for releases that know of none, whose clients write back what they read.
drop function if exists workouts.session_json(workouts.sessions, json);
create or replace function workouts.session_json(session workouts.sessions, exercises json, laps json default null)
returns json
language sql stable parallel safe
as $$
  select json_build_object(
    'id', session.id, 'title', session.title, 'notes', session.notes,
    'status', session.status,
    'started_at', workouts.rfc3339(session.started_at), 'ended_at', workouts.rfc3339(session.ended_at),
    'duration_s', workouts.session_duration_s(session.started_at, session.ended_at),
    'zone', session.zone, 'local_on', session.local_on, 'rpe', session.rpe::float8,
    'sport', session.sport, 'moving_time_s', session.moving_time_s, 'distance_m', session.distance_m,
    'ascent_m', session.ascent_m, 'descent_m', session.descent_m,
    'average_heart_rate_bpm', session.average_heart_rate_bpm, 'max_heart_rate_bpm', session.max_heart_rate_bpm,
    'average_power_w', session.average_power_w, 'normalized_power_w', session.normalized_power_w,
    'exercise_count', session.exercise_count, 'set_count', session.set_count, 'volume_kg', session.volume_kg,
    'import_id', session.import_id, 'end_is_guessed', session.end_is_guessed, 'version', session.version,
    'created_at', workouts.rfc3339(session.created_at), 'updated_at', workouts.rfc3339(session.updated_at),
    'client_key', session.client_key, 'exercises', coalesce(exercises, '[]'),
    'laps', coalesce(laps, workouts.stored_laps(session.id))
  )
$$;

-- The fields of a session in a request: POST, PUT, or a merge patch. An absent field is null.
drop function if exists workouts.given_session(json);
create function workouts.given_session(session json) returns table (
  title text,
  notes text,
  status text,
  started_at timestamptz,
  ended_at timestamptz,
  duration_s integer,
  zone text,
  rpe float8,
  sport text,
  moving_time_s integer,
  distance_m float8,
  ascent_m float8,
  descent_m float8,
  average_heart_rate_bpm float8,
  max_heart_rate_bpm smallint,
  average_power_w float8,
  normalized_power_w float8,
  client_key uuid
)
language sql stable parallel safe rows 1
as $$
  select g.*
  from json_to_record(session) as g (
    title text,
    notes text,
    status text,
    started_at timestamptz,
    ended_at timestamptz,
    duration_s integer,
    zone text,
    rpe float8,
    sport text,
    moving_time_s integer,
    distance_m float8,
    ascent_m float8,
    descent_m float8,
    average_heart_rate_bpm float8,
    max_heart_rate_bpm smallint,
    average_power_w float8,
    normalized_power_w float8,
    client_key uuid
  )
$$;

-- Ends a statement whose session has exercises that are nobody's or another's: 422 that names them, a hundred at most.
create or replace function workouts.refuse_unknown_exercises(session json, athlete_id bigint) returns bigint
language plpgsql volatile
as $$
declare
  unknown json;
begin
  select json_object_agg('exercises.' || f.place - 1 || '.exercise_id', json_build_array('There is no such exercise.'))
  into unknown
  from (
    select g.place
    from json_array_elements(session -> 'exercises') with ordinality as g (exercise, place)
    where not exists (
      select
      from workouts.exercises as x
      where x.id = (g.exercise ->> 'exercise_id')::bigint
        and (x.athlete_id is null or x.athlete_id = refuse_unknown_exercises.athlete_id)
    )
    order by g.place
    limit 100
  ) as f;
  raise exception using errcode = 'WK422', message = 'There is no such exercise.', detail = unknown::text;
end
$$;

-- The exercises of a session in a request: shared ones, or the athlete's own; others give 422. A merged exercise is
-- replaced by its target. The planner expects a hundred exercises of any list; without the limit 1 it would hash the whole
-- catalogue.
drop function if exists workouts.given_exercises(json, bigint);
create function workouts.given_exercises(session json, athlete_id bigint) returns table (
  exercise_no smallint,
  "position" smallint,
  exercise_id bigint,
  name text,
  superset smallint,
  notes text,
  sets json
)
language sql stable parallel safe
as $$
  select
    g.exercise_no,
    g.position,
    coalesce(used.id, workouts.refuse_unknown_exercises(session, given_exercises.athlete_id)),
    used.name,
    g.superset,
    g.notes,
    g.sets
  from rows from (
    json_to_recordset(session -> 'exercises') as (
      exercise_no smallint,
      position smallint,
      exercise_id bigint,
      superset smallint,
      notes text,
      sets json
    )
  ) as g (exercise_no, position, exercise_id, superset, notes, sets)
  left join lateral (
    select
      x.id,
      x.name
    from workouts.exercises as named
    join workouts.exercises as x
      on x.id = case when named.merged_into is null then named.id else workouts.merged_exercise_id(named.id) end
    where named.id = g.exercise_id
      and (named.athlete_id is null or named.athlete_id = given_exercises.athlete_id)
    limit 1
  ) as used on true
$$;

-- The sets of one of these exercises. Each also comes in the form of the reply to the write.
drop function if exists workouts.given_sets(json);
create function workouts.given_sets(sets json) returns table (
  set_no smallint,
  "position" smallint,
  kind "char",
  reps smallint,
  weight_kg float8,
  distance_m float8,
  duration_s integer,
  rpe float8,
  rir smallint,
  notes text,
  side text,
  tempo text,
  drop_of smallint,
  is_done boolean,
  done_at timestamptz,
  reply json
)
language sql stable parallel safe
as $$
  select
    t.set_no,
    t.position,
    k.kind,
    t.reps,
    t.weight_kg,
    t.distance_m,
    t.duration_s,
    t.rpe,
    t.rir,
    t.notes,
    t.side,
    t.tempo,
    t.drop_of,
    workouts.is_done_set(k.kind),
    t.done_at,
    workouts.set_json(
      t.set_no, t.position, k.kind, t.reps, t.weight_kg, t.distance_m, t.duration_s, t.rpe, t.rir, t.notes, t.side,
      t.tempo, t.drop_of, t.done_at
    )
  from json_to_recordset(sets) as t (
    set_no smallint,
    position smallint,
    kind text,
    reps smallint,
    weight_kg float8,
    distance_m float8,
    duration_s integer,
    rpe float8,
    rir smallint,
    notes text,
    side text,
    tempo text,
    drop_of smallint,
    is_done boolean,
    done_at timestamptz
  )
  cross join lateral (select workouts.set_kind(t.kind, coalesce(t.is_done, true)) as kind) as k
$$;

-- A stored session's exercises with their sets, ordered by position, then number. The name is a sub-select and not a join:
-- with a join, the planner read the whole catalogue for five rows by a merge join (0.23 ms instead of 0.14).
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
          workouts.stored_set_json(t)
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

-- The session that is stored under a client_key. It is volatile, so that it sees a session that another request inserted
-- while ours waited; the statement's own snapshot is older. If no session is stored under the key, another session in
-- progress caused the conflict.
create or replace function workouts.session_json_of_client_key(athlete_id bigint, client_key uuid) returns json
language plpgsql volatile
as $$
declare
  stored json;
begin
  select workouts.session_json(s, parts.exercises, rounds.laps)
  into stored
  from workouts.sessions as s
  cross join lateral workouts.exercises_of_session(s.id) as parts
  cross join lateral workouts.laps_of_session(s.id) as rounds
  where s.athlete_id = session_json_of_client_key.athlete_id
    and s.client_key = session_json_of_client_key.client_key;
  if stored is null then
    raise exception using
      errcode = 'unique_violation', constraint = 'sessions_one_in_progress_key',
      message = 'Another session is in progress.';
  end if;
  return stored;
end
$$;

-- A session's exercises at this moment, not when the statement began, for writes that may have waited for another one. It
-- is volatile for that reason.
create or replace function workouts.exercises_of_session_now(session_id bigint) returns json
language sql volatile
as $$
  select parts.exercises
  from workouts.exercises_of_session(exercises_of_session_now.session_id) as parts
$$;
