-- Empties sessions of which the file has more sets, or a better order, so that all sets are added again; counts what happens to all workouts.
-- A session that only gets another order counts among the duplicates. These sessions get the file's counts, length and notes, unless somebody edits them meanwhile. Their start and zone stay.
-- So the end is the start plus the file's length: an athlete who moved sends the same local times in another zone.
-- What is remembered is written as rows that are there already. A conflict is found by the key; a join of an athlete newer
-- than the statistics may read all of their workouts for each.
-- @param import_id  bigint = 1
-- @param athlete_id bigint = 1
-- @param source     text = 'hevy'
-- @returns one
-- @column sessions_added     int!
-- @column sessions_completed int!
-- @column duplicates         int!
-- @column differing          int!
-- @column edited_since       int!
-- @column deleted_since      int!
-- @column sets_taken_out     int!
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_sessions)
with found_sessions as materialized (
  select
    s.source_key, s.known_key, s.session_id, s.fate, s.row_digest, s.ended_at - s.started_at as length,
    s.exercise_count, s.set_count, s.volume_kg, s.set_rating, s.notes, s.order_is_guessed
  from import_sessions as s
  where s.import_id = :import_id
),

incomplete_sessions as materialized (
  select
    f.source_key, f.known_key, f.session_id, f.row_digest, f.length, f.exercise_count, f.set_count, f.volume_kg,
    f.set_rating, f.notes, f.order_is_guessed, t.sets_before
  from found_sessions as f
  cross join lateral (
    select e.set_count as sets_before
    from sessions as e
    where e.id = f.session_id
      and e.version = e.import_version
    for update
    offset 0
  ) as t
  where f.fate = 'completed'
),

emptied_sessions as (
  delete from session_exercises as e
  where e.session_id in (select i.session_id from incomplete_sessions as i)
),

completed_sessions as (
  update sessions as e
  set exercise_count = i.exercise_count,
      set_count = i.set_count,
      volume_kg = i.volume_kg,
      last_exercise_no = greatest(e.last_exercise_no, e.exercise_count),
      ended_at = e.started_at + i.length,
      notes = i.notes,
      version = e.version + 1,
      import_version = e.version + 1,
      set_rating = i.set_rating,
      set_rating_version = e.version + 1,
      updated_at = now()
  from incomplete_sessions as i
  where e.id = i.session_id
),

remembered_sessions as (
  insert into imported_sessions (athlete_id, source, source_key, row_digest, session_id, import_id, order_is_guessed)
  select :athlete_id, :source, i.known_key, i.row_digest, i.session_id, :import_id, i.order_is_guessed
  from incomplete_sessions as i
  on conflict (athlete_id, source, source_key) do update
    set row_digest = excluded.row_digest,
        order_is_guessed = excluded.order_is_guessed
),

overtaken_sessions as (
  update import_sessions as s
  set fate = 'edited'
  where s.import_id = :import_id
    and s.fate = 'completed'
    and s.source_key not in (select i.source_key from incomplete_sessions as i)
  returning s.source_key
)

select
  (count(*) filter (where f.fate = 'new'))::int as sessions_added,
  (select count(*) from incomplete_sessions as i where i.set_count > i.sets_before)::int as sessions_completed,
  (
    count(*) filter (where f.fate not in ('new', 'completed'))
    + (select count(*) from overtaken_sessions)
    + (select count(*) from incomplete_sessions as i where i.set_count = i.sets_before)
  )::int as duplicates,
  (count(*) filter (where f.fate = 'differs'))::int as differing,
  (count(*) filter (where f.fate = 'edited') + (select count(*) from overtaken_sessions))::int as edited_since,
  (count(*) filter (where f.fate = 'deleted'))::int as deleted_since,
  (select coalesce(sum(i.sets_before), 0) from incomplete_sessions as i)::int as sets_taken_out
from found_sessions as f
