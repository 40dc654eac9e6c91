-- Decides what happens to workouts that this athlete imported before, even if they were edited or deleted since.
--
-- Workouts of one start and title are matched by equal content, then by equal end, then by order. The rest is new. If a
-- workout differs now, its session is completed on two conditions: nobody edited it, and the file has all of its sets and
-- more (its first file had rejected lines). Otherwise the session stays as it is. A difference is one of sets, supersets,
-- notes or the end; the order of rows does not count. But an order that was guessed, or that has exercises in parts, is
-- replaced by that of a file whose rows are in order.
-- If the start or title is written in another way (with an offset, with decomposed letters), the workout of the same
-- instant and title is meant, unless one is known under the new spelling.
-- Ends are compared as lengths: an athlete who moved sends the same local times, which are other instants now.
-- The planner does not know the number of rows. So the file's workouts and the known ones are put into one list and
-- compared by window functions, not by joins. Sessions of the file's span are read once, not once for each workout: for
-- an athlete newer than the statistics the planner takes any index of the athlete's sessions and filters all of them. For
-- the same reason a known workout is looked up by what each of its indexes needs, and fates are written as rows that are
-- there already: a conflict is found by the key, however many rows the planner expects. Sets are compared only where that
-- decides: the condition stands inside, since a join's would be looked at after the comparison.
-- @param import_id    bigint = 1
-- @param athlete_id   bigint = 1
-- @param source       text = 'hevy'
-- @param exercise_ids jsonb = '{}'
-- @returns rows_affected
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_exercises, import_sessions, imported_sessions)
with written_sessions as materialized (
  select
    s.source_key, s.row_digest, s.started_at, s.title, s.ended_at - s.started_at as length,
    md5(s.notes) as notes_digest, regexp_replace(s.source_key, '\|[0-9]+$', '') as workout
  from import_sessions as s
  where s.import_id = :import_id
),

sessions_of_span as materialized (
  select e.id, e.started_at, e.title
  from sessions as e
  where e.athlete_id = :athlete_id
    and e.started_at between (select min(w.started_at) from written_sessions as w)
      and (select max(w.started_at) from written_sessions as w)
),

spelled_sessions as (
  select w.source_key, w.row_digest, w.started_at, w.title, w.length, w.notes_digest, w.workout, null as known_key
  from written_sessions as w
  union all
  select null, null, e.started_at, e.title, null, null, null, k.source_key
  from sessions_of_span as e
  cross join lateral (
    select i.athlete_id, i.source, i.source_key
    from imported_sessions as i
    where i.session_id = e.id
    offset 0
  ) as k
  where k.athlete_id = :athlete_id
    and k.source = :source
),

staged_sessions as materialized (
  select
    n.source_key, n.row_digest, n.length, n.notes_digest,
    case
      when n.spelled <> n.workout and not exists(
        select
        from imported_sessions as k
        where k.athlete_id = :athlete_id
          and k.source = :source
          and regexp_replace(k.source_key, '\|[0-9]+$', '') = n.workout
      ) then n.spelled
      else n.workout
    end as workout
  from (
    select
      l.source_key, l.row_digest, l.length, l.notes_digest, l.workout,
      regexp_replace(min(l.known_key) over (partition by l.started_at, l.title), '\|[0-9]+$', '') as spelled
    from spelled_sessions as l
  ) as n
  where n.source_key is not null
),

known_sessions as materialized (
  select w.workout, k.source_key, k.row_digest, k.known_id, k.length, k.notes_digest, k.is_edited
  from (
    select distinct s.workout
    from staged_sessions as s
  ) as w
  cross join lateral (
    select
      i.source_key,
      i.row_digest,
      i.session_id as known_id,
      e.ended_at - e.started_at as length,
      md5(e.notes) as notes_digest,
      not coalesce(e.version = e.import_version, e.id is null) as is_edited
    from imported_sessions as i
    left join sessions as e on e.id = i.session_id
    where i.athlete_id = :athlete_id
      and i.source = :source
      and regexp_replace(i.source_key, '\|[0-9]+$', '') = w.workout
    offset 0
  ) as k
),

compared_sessions as (
  select
    s.workout, s.row_digest, s.length, s.notes_digest, s.source_key as staged_key,
    null as known_key, null::bigint as known_id, null::boolean as is_edited, 0 as ordinal
  from staged_sessions as s
  where s.workout in (select k.workout from known_sessions as k)
  union all
  select
    k.workout, k.row_digest, k.length, k.notes_digest, null, k.source_key, k.known_id, k.is_edited,
    substring(k.source_key from '[0-9]+$')::int
  from known_sessions as k
),

of_equal_content as (
  select
    c.workout, c.row_digest, c.length, c.notes_digest, c.staged_key, c.known_key, c.known_id, c.is_edited,
    row_number() over (
      partition by c.workout, c.row_digest, c.staged_key is null
      order by c.length, c.staged_key, c.known_key
    ) as turn,
    max(c.ordinal) over (partition by c.workout) as last_ordinal
  from compared_sessions as c
),

paired_by_content as materialized (
  select
    c.workout, c.length, c.staged_key, c.known_key, c.known_id, c.is_edited, c.last_ordinal,
    max(c.known_key) over pair as partner_key,
    max(c.known_id) over pair is not null
      and not bool_or(c.is_edited) over pair
      and (
        c.length is distinct from max(c.length) filter (where c.known_key is not null) over pair
        or c.notes_digest <> max(c.notes_digest) filter (where c.known_key is not null) over pair
      ) as has_other_frame,
    count(*) over pair = 2 as is_paired
  from of_equal_content as c
  window pair as (partition by c.workout, c.row_digest, c.turn)
),

of_equal_end as (
  select
    c.workout, c.length, c.staged_key, c.known_key, c.known_id, c.is_edited, c.last_ordinal,
    row_number() over (
      partition by c.workout, c.length, c.staged_key is null
      order by c.staged_key, c.known_key
    ) as turn
  from paired_by_content as c
  where not c.is_paired
),

paired_by_end as materialized (
  select
    c.workout, c.staged_key, c.known_key, c.known_id, c.is_edited, c.last_ordinal,
    max(c.known_key) over pair as partner_key,
    max(c.known_id) over pair as partner_id,
    bool_or(c.is_edited) over pair as partner_is_edited,
    count(*) over pair = 2 as is_paired
  from of_equal_end as c
  window pair as (partition by c.workout, c.length, c.turn)
),

of_equal_turn as (
  select
    c.workout, c.staged_key, c.known_key, c.known_id, c.is_edited, c.last_ordinal,
    row_number() over (
      partition by c.workout, c.staged_key is null
      order by c.staged_key, c.known_key
    ) as turn
  from paired_by_end as c
  where not c.is_paired
),

paired_by_turn as (
  select
    c.workout, c.staged_key, c.last_ordinal, c.turn,
    max(c.known_key) over pair as partner_key,
    max(c.known_id) over pair as partner_id,
    bool_or(c.is_edited) over pair as partner_is_edited
  from of_equal_turn as c
  window pair as (partition by c.workout, c.turn)
),

pairs as (
  select
    p.staged_key, p.partner_key as known_key, null::bigint as known_id,
    case when p.has_other_frame then 'differs' else 'same' end as fate
  from paired_by_content as p
  where p.is_paired
    and p.staged_key is not null
  union all
  select p.staged_key, p.partner_key, p.partner_id, case when p.partner_is_edited then 'edited' end
  from paired_by_end as p
  where p.is_paired
    and p.staged_key is not null
  union all
  select
    p.staged_key,
    coalesce(p.partner_key, p.workout || '|' || (p.last_ordinal + p.turn)),
    p.partner_id,
    case when p.partner_key is null then 'new' when p.partner_is_edited then 'edited' end
  from paired_by_turn as p
  where p.staged_key is not null
),

fates as (
  select
    p.staged_key,
    p.known_key,
    p.known_id,
    case
      when p.fate is not null then p.fate
      when p.known_id is null then 'deleted'
      when c.has_other_sets then 'differs'
      when c.lacks_sets then 'completed'
      when c.reads_otherwise then 'differs'
      when c.has_better_order then 'completed'
      else 'same'
    end as fate
  from pairs as p
  left join lateral (
    with written_sets as (
      select
        t.superset, t.exercise_notes,
        (:exercise_ids ->> t.exercise_name)::bigint as exercise_id,
        t.kind, t.reps, rounded(t.weight_kg, 4) as weight_kg, rounded(t.distance_m, 4) as distance_m,
        t.duration_s, t.rpe
      from (
        select
          x.superset,
          x.exercise_notes,
          x.exercise_name,
          unnest(x.kinds) as kind,
          unnest(x.reps) as reps,
          unnest(x.weights_kg) as weight_kg,
          unnest(x.distances_m) as distance_m,
          unnest(x.durations_s) as duration_s,
          unnest(x.rpes) as rpe
        from import_exercises as x
        where x.import_id = :import_id
          and x.source_key = p.staged_key
      ) as t
    ),

    stored_sets as (
      select
        e.superset, e.notes as exercise_notes,
        case when x.merged_into is null then x.id else merged_exercise_id(x.id) end as exercise_id,
        t.kind, t.reps, rounded(t.weight_kg, 4) as weight_kg, rounded(t.distance_m, 4) as distance_m,
        t.duration_s, t.rpe::float8 as rpe
      from session_exercises as e
      join exercises as x on x.id = e.exercise_id
      join sets as t on t.session_id = e.session_id and t.exercise_no = e.exercise_no
      where e.session_id = p.known_id
    )

    select
      exists(
        select from (
          select t.exercise_id, t.kind, t.reps, t.weight_kg, t.distance_m, t.duration_s, t.rpe
          from stored_sets as t
          except all
          select w.exercise_id, w.kind, w.reps, w.weight_kg, w.distance_m, w.duration_s, w.rpe
          from written_sets as w
        ) as others
      ) as has_other_sets,
      (select count(*) from written_sets) > (select count(*) from stored_sets) as lacks_sets,
      exists(
        select from (
          select
            t.superset, t.exercise_notes, t.exercise_id, t.kind, t.reps, t.weight_kg, t.distance_m, t.duration_s, t.rpe
          from stored_sets as t
          except all
          select
            w.superset, w.exercise_notes, w.exercise_id, w.kind, w.reps, w.weight_kg, w.distance_m, w.duration_s, w.rpe
          from written_sets as w
        ) as others
      )
      or exists(
        select
        from import_sessions as s
        join sessions as e on e.id = p.known_id
        where s.import_id = :import_id
          and s.source_key = p.staged_key
          and (s.ended_at - s.started_at is distinct from e.ended_at - e.started_at or s.notes <> e.notes)
      ) as reads_otherwise,
      exists(
        select
        from import_sessions as s
        join imported_sessions as i
          on i.athlete_id = :athlete_id
          and i.source = :source
          and i.source_key = p.known_key
          and regexp_replace(i.source_key, '\|[0-9]+$', '') = regexp_replace(p.known_key, '\|[0-9]+$', '')
        join sessions as e on e.id = p.known_id
        where s.import_id = :import_id
          and s.source_key = p.staged_key
          and not s.order_is_guessed
          and (i.order_is_guessed or e.exercise_count > s.exercise_count)
      ) as has_better_order
    where p.fate is null and p.known_id is not null
  ) as c on true
)

insert into import_sessions as s (
  import_id, source_key, known_key, session_id, fate, row_digest, started_at, exercise_count, set_count, volume_kg,
  title, notes
)
select :import_id, f.staged_key, f.known_key, f.known_id, f.fate, '', now(), 0, 0, 0, '', ''
from fates as f
on conflict (import_id, source_key) do update
  set known_key = excluded.known_key,
      session_id = coalesce(excluded.session_id, s.session_id),
      fate = excluded.fate
