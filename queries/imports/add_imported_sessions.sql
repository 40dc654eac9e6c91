-- Makes sessions of the new workouts, and records them, so that they stay known when they are edited or deleted.
-- @param import_id  bigint = 1
-- @param athlete_id bigint = 1
-- @param source     text = 'hevy'
-- @param zone       text = 'Europe/Berlin'
-- @returns rows_affected
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_sessions)
with added_sessions as (
  insert into sessions (
    id, athlete_id, started_at, ended_at, local_on, rpe, exercise_count, set_count, volume_kg,
    import_id, import_version, set_rating, set_rating_version, laps_s, zone, title, notes
  )
  overriding system value
  select
    s.session_id, :athlete_id, s.started_at, s.ended_at, (s.started_at at time zone zone_or_utc(:zone))::date,
    s.session_rpe, s.exercise_count, s.set_count, s.volume_kg, :import_id, 1, s.set_rating, 1, 0, :zone, s.title,
    s.notes
  from import_sessions as s
  where s.import_id = :import_id
    and s.fate = 'new'
  order by s.session_id
)

insert into imported_sessions (
  athlete_id, source, source_key, row_digest, session_id, import_id, order_is_guessed
)
select :athlete_id, :source, s.known_key, s.row_digest, s.session_id, :import_id, s.order_is_guessed
from import_sessions as s
where s.import_id = :import_id
  and s.fate = 'new'
