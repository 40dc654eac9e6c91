-- Makes sessions of staged sets, but for those that this athlete brought in before, whatever became of them since.
-- Staged rows have no statistics, or those of other imports: the planner expects one row where there are 300,000.
-- So that this never matters, the three statements that read them look up row by row (lateral with limit or offset 0)
-- instead of joining: a join took 60 s and more. Ids are given in the order of time, so that rows lie in it as well.
-- @param import_id  bigint = 1
-- @param athlete_id bigint = 1
-- @param source     text = 'hevy'
-- @param zone       text = 'Europe/Berlin'
-- @returns one
-- @column sessions_added int!
-- @column duplicates     int!
-- @column changed_since  int!
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_sets)
with staged_sessions as (
  select
    s.source_key,
    min(s.title) as title,
    min(s.notes) as notes,
    min(s.started_at) as started_at,
    min(s.ended_at) as ended_at,
    min(s.session_rpe) as rpe,
    max(s.exercise_no) as exercise_count,
    count(*) as set_count,
    coalesce(sum(set_volume_kg(s.kind, s.weight_kg, s.reps)), 0) as volume_kg,
    sha256(
      convert_to(
        string_agg(
          row(
            s.exercise_name, s.exercise_notes, s.superset, s.set_no, s.kind, s.reps, s.weight_kg, s.distance_m,
            s.duration_s, s.rpe
          )::text,
          ','
          order by s.exercise_no, s.set_no
        ),
        'UTF8'
      )
    ) as row_digest
  from import_sets as s
  where s.import_id = :import_id
  group by s.source_key
),

compared_sessions as materialized (
  select
    t.source_key, t.title, t.notes, t.started_at, t.ended_at, t.rpe, t.exercise_count, t.set_count, t.volume_kg,
    t.row_digest, k.row_digest as known_digest
  from staged_sessions as t
  left join lateral (
    select i.row_digest
    from imported_sessions as i
    where i.athlete_id = :athlete_id
      and i.source = :source
      and i.source_key = t.source_key
    limit 1
  ) as k on true
),

fresh_sessions as materialized (
  select
    nextval('sessions_id_seq') as id,
    c.source_key, c.title, c.notes, c.started_at, c.ended_at, c.rpe, c.exercise_count, c.set_count, c.volume_kg,
    c.row_digest
  from (
    select
      t.source_key, t.title, t.notes, t.started_at, t.ended_at, t.rpe, t.exercise_count, t.set_count, t.volume_kg,
      t.row_digest
    from compared_sessions as t
    where t.known_digest is null
    order by t.started_at, t.source_key
  ) as c
),

added_sessions as (
  insert into sessions (
    id, athlete_id, started_at, ended_at, local_on, rpe, exercise_count, set_count, volume_kg,
    import_id, import_version, zone, title, notes
  )
  overriding system value
  select
    f.id, :athlete_id, f.started_at, f.ended_at, (f.started_at at time zone zone_or_utc(:zone))::date, f.rpe,
    f.exercise_count, f.set_count, f.volume_kg, :import_id, 1, :zone, f.title, f.notes
  from fresh_sessions as f
),

remembered_sessions as (
  insert into imported_sessions (athlete_id, source, source_key, row_digest, session_id, import_id)
  select :athlete_id, :source, f.source_key, f.row_digest, f.id, :import_id
  from fresh_sessions as f
)

select
  (count(*) filter (where c.known_digest is null))::int as sessions_added,
  count(c.known_digest)::int as duplicates,
  (count(*) filter (where c.known_digest <> c.row_digest))::int as changed_since
from compared_sessions as c
