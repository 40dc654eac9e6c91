-- Sessions that go on: how one starts from an earlier one, what a set brings, and how a forgotten one ends.

-- A guessed end: 5 minutes after the last set. It is never later than now, also where a device's clock is ahead.
create or replace function workouts.end_after_set(started_at timestamptz, done_at timestamptz) returns timestamptz
language sql stable parallel safe
as $$
  select greatest(
    started_at,
    least(started_at + interval '10 days', done_at + interval '5 minutes', date_trunc('second', now()))
  )
$$;

-- The end of a session that nobody ended in time. Without the time of a set within the ten days that a session may last,
-- the last write stands for it. A write so long after the start that no training lasts so long says nothing of its end:
-- then, and without a write, the start stands for it. As long as the end is a guess, whatever writes sets renews it: a
-- backlog may arrive after it.
create or replace function workouts.guessed_end(session workouts.sessions) returns timestamptz
language sql stable parallel safe
as $$
  select workouts.end_after_set(
    session.started_at,
    greatest(
      session.started_at,
      coalesce(
        max(t.done_at),
        case
          when session.version > 1
            and session.updated_at <= session.started_at + workouts.longest_usual_session(session.sport)
            then session.updated_at
          else session.started_at
        end
      )
    )
  )
  from workouts.sets as t
  where t.session_id = session.id
    and t.done_at <= least(now(), session.started_at + interval '10 days')
$$;

-- Whether nobody has written to a session in progress for 4 hours: longer breaks between two sets are hardly made.
create or replace function workouts.is_forgotten(session workouts.sessions) returns boolean
language sql stable parallel safe
as $$
  select session.status = 'in_progress' and session.updated_at < now() - interval '4 hours'
$$;

-- Ends up to so many forgotten sessions, of one athlete (null: of all), and returns their ids. An end that was guessed before
-- the session went on stays a guess. One that cannot be ended keeps no other session from its end, and no other athlete.
create or replace function workouts.end_forgotten_sessions(athlete_id bigint, most integer) returns bigint[]
language plpgsql volatile
as $$
declare
  forgotten bigint[];
  one bigint;
  ended bigint[] := '{}';
begin
  select array_agg(f.id order by f.id) into forgotten
  from (
    select s.id
    from workouts.sessions as s
    where s.status = 'in_progress'
      and s.athlete_id between coalesce(end_forgotten_sessions.athlete_id, 0)
        and coalesce(end_forgotten_sessions.athlete_id, 9223372036854775807)
      and workouts.is_forgotten(s)
    order by s.athlete_id
    limit most
    for update skip locked
  ) as f;
  foreach one in array coalesce(forgotten, '{}') loop
    begin
      update workouts.sessions as s
      set status = 'done',
          ended_at = coalesce(s.ended_at, workouts.guessed_end(s)),
          end_is_guessed = s.end_is_guessed or s.ended_at is null,
          version = s.version + 1,
          set_rating_version = s.set_rating_version + 1,
          updated_at = now()
      where s.id = one;
      ended := ended || one;
    exception when integrity_constraint_violation then
      raise warning 'the forgotten session % cannot be ended: %', one, sqlerrm;
    end;
  end loop;
  return ended;
end
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
-- What was felt, noted and measured belongs to the earlier one; only its title and sport are the new one's as well. It is
-- refused before anything is copied while another session is in progress, unless this start was stored already: a copy may
-- be as large as a session can be.
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
  if exists (
    select
    from workouts.sessions as s
    where s.athlete_id = copied_session.athlete_id
      and s.status = 'in_progress'
      and not workouts.is_forgotten(s)
  ) and not exists (
    select
    from workouts.sessions as s
    where s.athlete_id = copied_session.athlete_id
      and s.client_key = (session ->> 'client_key')::uuid
  ) then
    perform workouts.clash('status', 'Another session is in progress.');
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
  return jsonb_build_object('title', earlier.title, 'sport', earlier.sport)
    || jsonb_strip_nulls(session::jsonb)
    || jsonb_build_object('exercises', coalesce(exercises, '[]'));
end
$$;

-- What sets of one exercise are the best in, by what it tracks, as in queries/reports/list_records.sql. A set belongs to the
-- history before a day, or to the day itself.
drop function if exists workouts.bests_before_set(workouts.sets, workouts.exercises);
create function workouts.bests_before_set(written workouts.sets, exercise workouts.exercises)
returns table (kind text, place integer, value float8, best_before float8, best_that_day float8)
language sql stable
as $$
  with lifts as (
    -- The history by the index of the statistics alone, which has neither time nor distance.
    select 'before' as stands, c.local_on, c.weight_kg, c.reps, null::integer as duration_s, null::float8 as distance_m
    from workouts.counted_sets(written.athlete_id, written.local_on - 1) as c
    where c.exercise_id = written.exercise_id
      and workouts.is_record_set(c.kind)
      and exercise.tracking in ('weight_reps', 'bodyweight_reps', 'reps')
    union all
    select
      case
        when (o.session_id, o.exercise_no, o.set_no) = (written.session_id, written.exercise_no, written.set_no) then 'now'
        when o.local_on = written.local_on then 'that day'
        else 'before'
      end,
      o.local_on, o.weight_kg, o.reps, o.duration_s, o.distance_m
    from workouts.sets as o
    join workouts.sessions as s on s.id = o.session_id
    where o.athlete_id = written.athlete_id
      and o.exercise_id = written.exercise_id
      and o.local_on <= written.local_on
      and (o.local_on = written.local_on or exercise.tracking not in ('weight_reps', 'bodyweight_reps', 'reps'))
      and (s.status = 'done' or s.id = written.session_id)
      and workouts.is_record_set(o.kind)
  ),
  bodyweights as materialized (
    select b.local_on, b.bodyweight_kg
    from workouts.bodyweight_days(written.athlete_id, null) as b
    where exercise.tracking = 'bodyweight_reps'
  )
  select
    k.kind,
    k.place,
    max(k.value) filter (where l.stands = 'now'),
    max(k.value) filter (where l.stands = 'before'),
    max(k.value) filter (where l.stands = 'that day')
  from lifts as l
  left join bodyweights as b on b.local_on = l.local_on
  cross join lateral (
    select
      workouts.effective_load_kg(
        exercise.tracking, exercise.bodyweight_factor, b.bodyweight_kg, l.weight_kg
      ) as load_kg,
      case when exercise.tracking in ('weight_reps', 'bodyweight_reps') then l.reps end as lifted_reps
  ) as f
  cross join lateral (
    values
      (
        1, 'heaviest',
        case
          when exercise.tracking = 'bodyweight_reps' then f.load_kg
          when exercise.tracking in ('weight_reps', 'weight_time', 'weight_distance') then l.weight_kg
        end
      ),
      (2, 'e1rm', workouts.e1rm_kg('epley', f.load_kg, f.lifted_reps, null, 10)),
      (3, 'most_reps', case when exercise.tracking in ('weight_reps', 'bodyweight_reps', 'reps') then l.reps end::float8),
      (4, 'set_volume', f.load_kg * f.lifted_reps),
      (5, 'longest', case when exercise.tracking in ('time', 'weight_time', 'distance_time') then l.duration_s end::float8),
      (6, 'farthest', case when exercise.tracking in ('distance_time', 'weight_distance') then l.distance_m end)
  ) as k (place, kind, value)
  where not workouts.has_failed(exercise.tracking, l.reps)
  group by k.kind, k.place
$$;

-- What a set that was just written brings: the records that it sets, and the seconds since the set before it. It is
-- volatile, so that it sees the set. A record is more than all days before and the other sets of its day, so that the
-- reports list it when the session is done. The first performance of an exercise is no record.
drop function if exists workouts.progress_of_set(bigint, smallint, smallint);
create function workouts.progress_of_set(session_id bigint, exercise_no smallint, set_no smallint)
returns table (records json, rest_s integer, done_at text)
language sql volatile rows 1
as $$
  select
    (
      select coalesce(json_agg(k.kind order by k.place), '[]')
      from workouts.bests_before_set(t, x) as k
      where workouts.rounded(k.value, 2) > workouts.rounded(k.best_before, 2)
        and workouts.rounded(k.value, 2) > coalesce(workouts.rounded(k.best_that_day, 2), '-infinity')
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
