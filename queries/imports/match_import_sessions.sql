-- Decides what happens to workouts that this athlete imported before, even if they were edited or deleted since.
--
-- Workouts of one start and title are matched by equal content, then by equal end, then by order. The rest is new. If a
-- workout differs now, its session is completed on two conditions: nobody edited it, and the file has all of its sets and
-- more (its first file had rejected lines). Otherwise the session stays as it is. A difference is one of sets, supersets,
-- notes or the end; the order of rows does not count.
-- If the start or title is written in another way (with an offset, with decomposed letters), the workout of the same
-- instant and title is meant, unless one is known under the new spelling.
-- Ends are compared as lengths: an athlete who moved sends the same local times, which are other instants now.
-- The planner does not know the number of rows. So the file's workouts and the known ones are put into one list and
-- compared by window functions, not by joins.
-- @param import_id  bigint = 1
-- @param athlete_id bigint = 1
-- @param source     text = 'hevy'
-- @returns rows_affected
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_exercises, import_sessions, imported_sessions)
with known_exercises as materialized (
  select coalesce(jsonb_object_agg(k.name, k.exercise_id order by k.rank desc, k.exercise_id desc), '{}') as ids
  from exercise_names(:athlete_id, :source) as k
),

there_before as materialized (
  select exists(
    select
    from imported_sessions as i
    where i.athlete_id = :athlete_id
      and i.source = :source
  ) as is_there
),

staged_sessions as materialized (
  select
    s.source_key, s.row_digest, s.ended_at - s.started_at as length, md5(s.notes) as notes_digest,
    coalesce(known.workout, written.workout) as workout
  from import_sessions as s
  cross join lateral regexp_replace(s.source_key, '\|[0-9]+$', '') as written (workout)
  left join lateral (
    select regexp_replace(i.source_key, '\|[0-9]+$', '') as workout
    from sessions as e
    join imported_sessions as i on i.session_id = e.id
    where (select t.is_there from there_before as t)
      and e.athlete_id = :athlete_id
      and e.started_at = s.started_at
      and e.title = s.title
      and i.athlete_id = :athlete_id
      and i.source = :source
      and not exists (
        select
        from imported_sessions as k
        where k.athlete_id = :athlete_id
          and k.source = :source
          and regexp_replace(k.source_key, '\|[0-9]+$', '') = written.workout
      )
    order by i.source_key
    limit 1
  ) as known on true
  where s.import_id = :import_id
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
      else 'same'
    end as fate
  from pairs as p
  left join lateral (
    with written_sets as (
      select
        t.superset, t.exercise_notes,
        ((select k.ids from known_exercises as k) ->> lower(t.exercise_name))::bigint as exercise_id,
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
      ) as reads_otherwise
  ) as c on p.fate is null and p.known_id is not null
)

update import_sessions as s
set known_key = f.known_key,
    session_id = coalesce(f.known_id, s.session_id),
    fate = f.fate
from fates as f
where s.import_id = :import_id
  and s.source_key = f.staged_key
