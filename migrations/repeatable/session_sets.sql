-- Sets that are written one by one while a session goes on. queries/sessions/write_set.sql and write_sets.sql lock the
-- session first. write_sets() is volatile, so that it, and what it calls, sees what the last holder of the lock has
-- committed.

-- The exercise that an id means in an athlete's session: a shared one or the athlete's own; a merged one's target.
create or replace function workouts.usable_exercise_id(exercise_id bigint, athlete_id bigint) returns bigint
language sql stable parallel safe
as $$
  select case when x.merged_into is null then x.id else workouts.merged_exercise_id(x.id) end
  from workouts.exercises as x
  where x.id = usable_exercise_id.exercise_id
    and (x.athlete_id is null or x.athlete_id = usable_exercise_id.athlete_id)
$$;

-- What is given for single sets, beside what is stored of them. No set stands twice in the items.
drop function if exists workouts.judged_sets(bigint, text, json);
create function workouts.judged_sets(session_id bigint, device text, items json) returns table (
  place bigint,
  exercise_no smallint,
  set_no smallint,
  exercise_id bigint,
  seq bigint,
  device_done_at timestamptz,
  is_gone boolean,
  is_there boolean,
  is_new_exercise boolean,
  version integer,
  seen jsonb,
  given json,
  stored json,
  refusal text
)
language sql stable
as $$
  with given as (
    select i.place, i.item, g.*
    from json_array_elements(items) with ordinality as i (item, place)
    cross join lateral json_to_record(i.item) as g (
      exercise_no smallint, set_no smallint, exercise_id bigint, "position" smallint, is_gone boolean, seq bigint,
      versions integer[], device_done_at timestamptz, overtaken_ids bigint[]
    )
  ),
  beside as (
    select
      g.*,
      s.exercise_count,
      x.exercise_id as home_id,
      workouts.usable_exercise_id(g.exercise_id, s.athlete_id) as named_id,
      -- What overtaken writes of the same set named, the latest first: it helps, and nothing is refused for it.
      (
        select n.id
        from (
          select workouts.usable_exercise_id(o.id, s.athlete_id) as id, o.place
          from unnest(g.overtaken_ids) with ordinality as o (id, place)
        ) as n
        where n.id is not null
        order by n.place
        limit 1
      ) as overtaken_id,
      t.set_no is not null as is_there,
      e.set_no is not null as was_edited,
      coalesce(e.version, case when t.set_no is null then 0 else 1 end) as version,
      e.device as writer,
      coalesce(e.seen, '{}') as seen,
      case
        when t.set_no is not null
          then workouts.stored_set_json(t)
      end as stored,
      coalesce(g.position, t.position, g.set_no) as place_in_exercise
    from given as g
    join workouts.sessions as s on s.id = judged_sets.session_id
    left join workouts.session_exercises as x on x.session_id = s.id and x.exercise_no = g.exercise_no
    left join workouts.sets as t on t.session_id = s.id and t.exercise_no = g.exercise_no and t.set_no = g.set_no
    left join workouts.set_edits as e on e.session_id = s.id and e.exercise_no = g.exercise_no and e.set_no = g.set_no
  ),
  counted as (
    -- An item may name the exercise that the items after it only number.
    select
      b.*,
      coalesce(
        b.home_id,
        (array_agg(b.named_id) filter (where b.named_id is not null) over same_exercise)[1],
        (array_agg(b.overtaken_id) filter (where b.overtaken_id is not null) over same_exercise)[1]
      ) as used_id,
      b.exercise_count + (
        select count(distinct other.exercise_no)
        from beside as other
        where other.home_id is null
          and not other.is_gone
      ) as exercises_then,
      (
        select count(*)
        from workouts.sets as t
        where t.session_id = judged_sets.session_id
          and t.exercise_no = b.exercise_no
      ) + count(*) filter (where not b.is_there and not b.is_gone) over same_exercise as sets_then,
      (
        select count(*)
        from workouts.set_edits as e
        where e.session_id = judged_sets.session_id
      ) + count(*) filter (where not b.was_edited) over () as edits_then
    from beside as b
    window same_exercise as (
      partition by b.exercise_no
      order by b.place
      rows between unbounded preceding and unbounded following
    )
  )
  select
    c.place,
    c.exercise_no,
    c.set_no,
    c.used_id,
    c.seq,
    c.device_done_at,
    c.is_gone,
    c.is_there,
    c.home_id is null,
    c.version,
    c.seen,
    (
      select t.reply
      from workouts.given_sets(
        json_build_array((c.item::jsonb || jsonb_build_object('position', c.place_in_exercise))::json)
      ) as t
    ),
    c.stored,
    case
      when c.seq <= (c.seen ->> judged_sets.device)::bigint then 'known'
      when not c.versions && array[c.version, -1] then 'stale'
      when c.versions is null and c.was_edited and c.writer is distinct from judged_sets.device
        and judged_sets.device is not null then 'stale'
      when c.is_gone and not c.is_there and judged_sets.device is null then 'missing'
      when c.edits_then > 5000 and not c.was_edited then 'edits'
      when c.seq is not null and not c.seen ? judged_sets.device
        and (select count(*) from jsonb_object_keys(c.seen)) >= 16 then 'devices'
      when c.is_gone then null
      when c.exercise_id is not null and c.named_id is null then 'unknown_exercise'
      when c.used_id is null then 'no_exercise'
      when c.named_id <> c.used_id then 'other_exercise'
      when c.home_id is null and c.exercises_then > 100 then 'exercises'
      when not c.is_there and c.sets_then > 200 then 'sets'
    end
  from counted as c
$$;

-- Writes sets and answers each. The session must be locked. refusal: why a set was not written; known: this device has
-- sent it, or a later state of it, before. answer: the set as stored, where it differs from what was given.
drop function if exists workouts.write_sets(bigint, text, json);
create function workouts.write_sets(session_id bigint, device text, items json) returns table (
  place bigint,
  exercise_no smallint,
  set_no smallint,
  refusal text,
  version integer,
  is_deleted boolean,
  stored json
)
language sql volatile
as $$
  with judged as materialized (
    select j.*
    from workouts.judged_sets(write_sets.session_id, write_sets.device, items) as j
  ),
  written as materialized (
    select j.*
    from judged as j
    where j.refusal is null
  ),
  kept as materialized (
    select w.exercise_no, w.exercise_id, t.*
    from written as w
    cross join lateral workouts.given_sets(json_build_array(w.given)) as t
    where not w.is_gone
  ),
  totals as (
    -- The sets as they will be: those that stay as they are, and those that are given.
    select
      count(*) filter (where workouts.is_done_set(a.kind)) as set_count,
      workouts.rounded(coalesce(sum(workouts.set_volume_kg(a.kind, a.weight_kg, a.reps)), 0), 4) as volume_kg,
      avg(workouts.rating_of_set(a.kind, a.rpe, a.rir)) as set_rating,
      max(a.done_at) filter (where a.done_at <= now()) as last_done_at
    from (
      select t.kind, t.weight_kg, t.reps, t.rpe, t.rir, t.done_at
      from workouts.sets as t
      where t.session_id = write_sets.session_id
        and not exists (
          select 1
          from written as w
          where w.exercise_no = t.exercise_no
            and w.set_no = t.set_no
        )
      union all
      select k.kind, k.weight_kg, k.reps, k.rpe, k.rir, k.done_at
      from kept as k
    ) as a
  ),
  changed as (
    update workouts.sessions as s
    set exercise_count = s.exercise_count + (
          select count(distinct w.exercise_no)
          from written as w
          where w.is_new_exercise
            and not w.is_gone
        ),
        set_count = n.set_count,
        volume_kg = n.volume_kg,
        set_rating = n.set_rating,
        set_rating_version = s.version + 1,
        ended_at = case
          when s.end_is_guessed and n.last_done_at is not null
            then workouts.end_after_set(s.started_at, n.last_done_at)
          else s.ended_at
        end,
        version = s.version + 1,
        updated_at = now()
    from totals as n
    where s.id = write_sets.session_id
      and exists (
        select 1
        from written
      )
    returning s.id, s.athlete_id, s.local_on, s.version
  ),
  new_exercises as (
    insert into workouts.session_exercises (session_id, athlete_id, local_on, exercise_no, position, exercise_id)
    select distinct c.id, c.athlete_id, c.local_on, w.exercise_no, w.exercise_no, w.exercise_id
    from changed as c
    cross join written as w
    where w.is_new_exercise
      and not w.is_gone
  ),
  gone_sets as (
    delete from workouts.sets as t
    using written as w
    where t.session_id = write_sets.session_id
      and t.exercise_no = w.exercise_no
      and t.set_no = w.set_no
      and w.is_gone
  ),
  kept_sets as (
    insert into workouts.sets as t (
      session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position, reps, duration_s, kind, rir,
      weight_kg, distance_m, rpe, notes, side, tempo, drop_of, done_at
    )
    select
      c.id,
      c.athlete_id,
      k.exercise_id,
      c.local_on,
      k.exercise_no,
      k.set_no,
      k.position,
      k.reps,
      k.duration_s,
      k.kind,
      k.rir,
      k.weight_kg,
      k.distance_m,
      k.rpe,
      k.notes,
      k.side,
      k.tempo,
      k.drop_of,
      k.done_at
    from changed as c
    cross join kept as k
    on conflict (session_id, exercise_no, set_no) do update
      set position = excluded.position,
          reps = excluded.reps,
          duration_s = excluded.duration_s,
          kind = workouts.rewritten_kind(t.kind, t.weight_kg, t.reps, excluded.kind, excluded.weight_kg, excluded.reps),
          rir = excluded.rir,
          weight_kg = excluded.weight_kg,
          distance_m = excluded.distance_m,
          rpe = excluded.rpe,
          notes = excluded.notes,
          side = excluded.side,
          tempo = excluded.tempo,
          drop_of = excluded.drop_of,
          done_at = excluded.done_at
  ),
  edits as (
    insert into workouts.set_edits as e (session_id, exercise_no, set_no, version, device, device_done_at, seen)
    select
      c.id,
      w.exercise_no,
      w.set_no,
      c.version,
      write_sets.device,
      w.device_done_at,
      case
        when write_sets.device is null then w.seen
        else w.seen || jsonb_build_object(write_sets.device, w.seq)
      end
    from changed as c
    cross join written as w
    on conflict (session_id, exercise_no, set_no) do update
      set version = excluded.version,
          device = excluded.device,
          device_done_at = excluded.device_done_at,
          seen = excluded.seen
  )
  select
    j.place,
    j.exercise_no,
    j.set_no,
    j.refusal,
    case when j.refusal is null then c.version else j.version end,
    case when j.refusal is null then j.is_gone else not j.is_there end,
    case
      when j.refusal = 'stale' or (j.refusal = 'known' and (j.is_gone or j.stored::jsonb <> j.given::jsonb))
        then j.stored
    end
  from judged as j
  left join changed as c on true
$$;
