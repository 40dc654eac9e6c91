-- Groups staged sets into workouts, each with the id that a new session would get.
-- Staged rows have no statistics, or those of other imports: the planner expects one row where there are 300,000. A join
-- then took 60 s and more. So the statements that read them look up row by row (lateral with limit or offset 0).
-- Ids are given in the order of time, so that the table's rows are stored in this order as well.
-- Rows are sorted before their arrays become sets, because there are fewer of them.
-- @param import_id  bigint = 1
-- @returns rows_affected
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_exercises)
insert into import_sessions (
  import_id, source_key, known_key, session_id, fate, row_digest, started_at, ended_at,
  exercise_count, set_count, volume_kg, set_rating, title, notes, order_is_guessed
)
select
  :import_id, t.source_key, t.source_key as known_key, nextval('sessions_id_seq'), 'new',
  t.row_digest, t.started_at, t.ended_at, t.exercise_count, t.set_count, t.volume_kg,
  t.set_rating, t.title, t.notes, t.order_is_guessed
from (
  select
    s.source_key,
    min(s.title) as title,
    min(s.notes) as notes,
    min(s.started_at) as started_at,
    min(s.ended_at) as ended_at,
    bool_or(s.order_is_guessed) as order_is_guessed,
    max(s.exercise_no) as exercise_count,
    count(*) as set_count,
    rounded(coalesce(sum(set_volume_kg(s.kind, s.weight_kg, s.reps)), 0), 4) as volume_kg,
    avg(rating_of_set(s.kind, s.rpe, null)) as set_rating,
    sha256(
      convert_to(
        string_agg(
          row(
            s.exercise_name, s.exercise_notes, s.superset, s.set_no, s.kind, s.reps,
            case when s.is_turned then -s.weight_kg else s.weight_kg end, s.distance_m, s.duration_s, s.rpe
          )::text,
          ','
          order by s.exercise_no, s.set_no
        ),
        'UTF8'
      )
    ) as row_digest
  from (
    select
      x.source_key,
      x.title,
      x.notes,
      x.started_at,
      x.ended_at,
      x.order_is_guessed,
      x.exercise_no,
      x.exercise_name,
      x.exercise_notes,
      x.superset,
      generate_subscripts(x.kinds, 1) as set_no,
      unnest(x.kinds) as kind,
      unnest(x.reps) as reps,
      unnest(x.weights_kg) as weight_kg,
      unnest(x.distances_m) as distance_m,
      unnest(x.durations_s) as duration_s,
      unnest(x.rpes) as rpe,
      unnest(x.are_turned) as is_turned
    from import_exercises as x
    where x.import_id = :import_id
    order by x.source_key, x.exercise_no
  ) as s
  group by s.source_key
  order by min(s.started_at), s.source_key
) as t
