-- Turns staged sets into sessions, but for those that this athlete brought in before, whatever became of them since.
-- Sessions get their ids in the order of time, so that they lie in it as well.
-- @param import_id  bigint = 1
-- @param athlete_id bigint = 1
-- @param source     text = 'hevy'
-- @param zone       text = 'Europe/Berlin'
-- @returns one
-- @column sessions_added   int!
-- @column sets_added       int!
-- @column duplicates       int!
-- @column changed_since    int!
-- @timeout 60s
-- @budget plan: no_seqscan(import_sets)
with staged_sessions as materialized (
  select
    s.source_key,
    sha256(
      convert_to(
        string_agg(
          row(
            s.exercise_name, s.exercise_notes, s.superset, s.set_no, s.kind, s.reps, s.weight_kg, s.distance_m,
            s.duration_s, s.rpe
          )::text,
          e'\n'
          order by s.exercise_no, s.set_no
        ),
        'UTF8'
      )
    ) as row_digest,
    max(s.exercise_no) as exercise_count,
    count(*) as set_count,
    coalesce(sum(set_volume_kg(s.kind, s.weight_kg, s.reps)), 0) as volume_kg
  from import_sets as s
  where s.import_id = :import_id
  group by s.source_key
),

known_sessions as materialized (
  select t.source_key, k.row_digest <> t.row_digest as is_changed
  from staged_sessions as t
  join imported_sessions as k
    on k.athlete_id = :athlete_id
    and k.source = :source
    and k.source_key = t.source_key
),

fresh_sessions as materialized (
  select
    nextval('sessions_id_seq') as id,
    t.source_key,
    t.row_digest,
    t.title,
    t.notes,
    t.started_at,
    t.ended_at,
    (t.started_at at time zone :zone)::date as local_on,
    t.session_rpe,
    t.exercise_count,
    t.set_count,
    t.volume_kg
  from (
    select
      g.source_key, g.row_digest, g.exercise_count, g.set_count, g.volume_kg,
      s.title, s.notes, s.started_at, s.ended_at, s.session_rpe
    from staged_sessions as g
    join import_sets as s
      on s.import_id = :import_id
      and s.source_key = g.source_key
      and s.exercise_no = 1
      and s.set_no = 1
    where not exists (select from known_sessions as k where k.source_key = g.source_key)
    order by s.started_at, g.source_key
  ) as t
),

matched_exercises as materialized (
  select distinct on (n.name) n.name, k.exercise_id
  from (select distinct s.exercise_name as name from import_sets as s where s.import_id = :import_id) as n
  join exercise_names(:athlete_id, :source) as k on k.name = lower(n.name)
  order by n.name, k.rank, k.exercise_id
),

added_sessions as (
  insert into sessions (
    id, athlete_id, started_at, ended_at, local_on, rpe, exercise_count, set_count, volume_kg,
    import_id, import_version, zone, title, notes
  )
  overriding system value
  select
    f.id, :athlete_id, f.started_at, f.ended_at, f.local_on, f.session_rpe, f.exercise_count, f.set_count, f.volume_kg,
    :import_id, 1, :zone, f.title, f.notes
  from fresh_sessions as f
  order by f.id
),

added_exercises as (
  insert into session_exercises (session_id, exercise_no, position, exercise_id, superset, notes)
  select f.id, s.exercise_no, s.exercise_no, m.exercise_id, s.superset, s.exercise_notes
  from fresh_sessions as f
  join import_sets as s on s.import_id = :import_id and s.source_key = f.source_key
  join matched_exercises as m on m.name = s.exercise_name
  where s.set_no = 1
  order by f.id, s.exercise_no
),

added_sets as (
  insert into sets (
    session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position,
    reps, duration_s, kind, weight_kg, distance_m, rpe
  )
  select
    f.id, :athlete_id, m.exercise_id, f.local_on, s.exercise_no, s.set_no, s.set_no,
    s.reps, s.duration_s, s.kind, s.weight_kg, s.distance_m, s.rpe
  from fresh_sessions as f
  join import_sets as s on s.import_id = :import_id and s.source_key = f.source_key
  join matched_exercises as m on m.name = s.exercise_name
  order by f.id, s.exercise_no, s.set_no
),

remembered as (
  insert into imported_sessions (athlete_id, source, source_key, row_digest, session_id, import_id)
  select :athlete_id, :source, f.source_key, f.row_digest, f.id, :import_id
  from fresh_sessions as f
)

select
  (select count(*) from fresh_sessions)::int as sessions_added,
  (select coalesce(sum(f.set_count), 0) from fresh_sessions as f)::int as sets_added,
  (select count(*) from known_sessions)::int as duplicates,
  (select count(*) from known_sessions as k where k.is_changed)::int as changed_since
