-- Sessions that go on: how one starts from an earlier one, what a set brings, and how a forgotten one ends.

-- The end of a session that nobody ended in time: 5 minutes after its last set. Without the time of a set, the last write
-- stands for it, and without a write its start.
create or replace function workouts.guessed_end(session workouts.sessions) returns timestamptz
language sql stable parallel safe
as $$
  select least(
    session.started_at + interval '10 days',
    greatest(
      session.started_at,
      coalesce(max(t.done_at), case when session.version > 1 then session.updated_at else session.started_at end)
    ) + interval '5 minutes'
  )
  from workouts.sets as t
  where t.session_id = session.id
$$;

-- Whether nobody has written to a session in progress for 4 hours: longer breaks between two sets are hardly made.
create or replace function workouts.is_forgotten(session workouts.sessions) returns boolean
language sql stable parallel safe
as $$
  select session.status = 'in_progress' and session.updated_at < now() - interval '4 hours'
$$;

-- Ends up to so many forgotten sessions, of one athlete (null: of all), and returns their ids.
create or replace function workouts.end_forgotten_sessions(athlete_id bigint, most integer) returns bigint[]
language sql volatile
as $$
  with forgotten as materialized (
    select s.id
    from workouts.sessions as s
    where s.status = 'in_progress'
      and s.athlete_id between coalesce(end_forgotten_sessions.athlete_id, 0)
        and coalesce(end_forgotten_sessions.athlete_id, 9223372036854775807)
      and workouts.is_forgotten(s)
    order by s.athlete_id
    limit most
    for update skip locked
  ),
  ended as (
    update workouts.sessions as s
    set status = 'done',
        ended_at = coalesce(s.ended_at, workouts.guessed_end(s)),
        end_is_guessed = s.ended_at is null,
        version = s.version + 1,
        updated_at = now()
    where s.id in (select f.id from forgotten as f)
    returning s.id
  )
  select coalesce(array_agg(e.id order by e.id), '{}')
  from ended as e
$$;

-- A forgotten session is no obstacle for the next one: it ends when that one starts, before the nightly job finds it.
create or replace function workouts.end_what_was_forgotten() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' or old.status <> 'in_progress' then
    perform workouts.end_forgotten_sessions(new.athlete_id, 1);
  end if;
  return new;
end
$$;

drop trigger if exists sessions_start_ends_forgotten on workouts.sessions;
create trigger sessions_start_ends_forgotten before insert or update of status on workouts.sessions
  for each row
  when (new.status = 'in_progress')
  execute function workouts.end_what_was_forgotten();

-- The document of a session that starts as a copy: the exercises of an earlier one, whose sets are planned and not done.
-- What was felt and noted about a set belongs to the earlier one.
create or replace function workouts.copied_session(session json, copy_of bigint, athlete_id bigint) returns json
language plpgsql stable
as $$
declare
  earlier workouts.sessions;
  exercises jsonb;
begin
  select s.*
  into earlier
  from workouts.sessions as s
  where s.id = copied_session.copy_of
    and s.athlete_id = copied_session.athlete_id;
  if earlier.id is null then
    perform workouts.refuse('copy_of', 'There is no such session of this athlete.');
  end if;
  select jsonb_agg(
    x.exercise || jsonb_build_object(
      'sets', (
        select coalesce(
          jsonb_agg(
            t.set || '{"is_done": false, "done_at": null, "rpe": null, "rir": null, "notes": null}' order by t.place
          ),
          '[]'
        )
        from jsonb_array_elements(x.exercise -> 'sets') with ordinality as t (set, place)
      )
    )
    order by x.place
  )
  into exercises
  from workouts.exercises_of_session(earlier.id) as parts
  cross join lateral jsonb_array_elements(parts.exercises::jsonb) with ordinality as x (exercise, place);
  return jsonb_build_object('title', earlier.title)
    || jsonb_strip_nulls(session::jsonb)
    || jsonb_build_object('exercises', coalesce(exercises, '[]'));
end
$$;

-- What a set that was just written brings: the records that it sets, and the seconds since the set before it. It is
-- volatile, so that it sees the set. Records are compared with all days before and with the other sets of the session. The
-- first performance of an exercise is no record.
drop function if exists workouts.progress_of_set(bigint, smallint, smallint);
create function workouts.progress_of_set(session_id bigint, exercise_no smallint, set_no smallint)
returns table (records json, rest_s integer, done_at text)
language sql volatile rows 1
as $$
  select
    (
      select coalesce(json_agg(k.kind order by k.place), '[]')
      from (
        select
          max(workouts.effective_load_kg(x.tracking, null, null, e.weight_kg)) as heaviest,
          max(workouts.e1rm_kg('epley', workouts.effective_load_kg(x.tracking, null, null, e.weight_kg), e.reps, null, 10)) as e1rm,
          max(e.reps) as reps
        from (
          select c.weight_kg, c.reps
          from workouts.counted_sets(t.athlete_id, t.local_on - 1, null) as c
          where c.exercise_id = t.exercise_id
            and workouts.is_working_set(c.kind)
            and c.reps is distinct from 0
          union all
          select o.weight_kg, o.reps
          from workouts.sets as o
          where o.session_id = t.session_id
            and o.exercise_id = t.exercise_id
            and (o.exercise_no, o.set_no) <> (t.exercise_no, t.set_no)
            and workouts.is_working_set(o.kind)
            and o.reps is distinct from 0
        ) as e
      ) as best
      cross join lateral (
        values
          (1, 'heaviest', workouts.effective_load_kg(x.tracking, null, null, t.weight_kg), best.heaviest),
          (
            2, 'e1rm', workouts.e1rm_kg('epley', workouts.effective_load_kg(x.tracking, null, null, t.weight_kg), t.reps, null, 10),
            best.e1rm
          ),
          (3, 'most_reps', t.reps::float8, best.reps::float8)
      ) as k (place, kind, value, best_before)
      where workouts.is_working_set(t.kind)
        and t.reps is distinct from 0
        and x.tracking in ('weight_reps', 'bodyweight_reps', 'reps', 'weight_time', 'weight_distance')
        and workouts.rounded(k.value, 2) > workouts.rounded(k.best_before, 2)
    ),
    extract(epoch from t.done_at - (
      select max(o.done_at)
      from workouts.sets as o
      where o.session_id = t.session_id
        and o.done_at < t.done_at
    ))::integer,
    workouts.rfc3339(t.done_at)
  from workouts.sets as t
  join workouts.exercises as x on x.id = t.exercise_id
  where t.session_id = progress_of_set.session_id
    and t.exercise_no = progress_of_set.exercise_no
    and t.set_no = progress_of_set.set_no
$$;
