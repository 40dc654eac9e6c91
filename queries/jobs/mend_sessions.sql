-- Compares the counts, volumes, days and ratings of a page of sessions with their sets and starts, and corrects differences.
-- @param after_id bigint = 0
-- @param limit    int = 100
-- @sample halfway: after_id = (select max(s.id) / 2 from sessions as s), limit = 5
-- @column last_id bigint
-- @column looked_at bigint!
-- @column mended bigint[]!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(sessions, session_exercises, sets)
-- @budget run: buffers<=3000
-- @budget run(halfway): buffers<=100
-- The application's statements keep these copies correct; a statement in psql may not. If somebody changes a session
-- meanwhile, its version differs and it is skipped. A correction does not count as an edit: an import may still complete
-- the session. A mean rating and sums of laps that are not known, as the last release leaves them, are filled in. If the server does not know
-- the zone, the day stays as it is. The update is bounded by the page's ids: otherwise the generic plan expects a long
-- page and reads all sessions for it.
with page as materialized (
  select
    s.id,
    s.version,
    case
      when knows_zone(s.zone) then (s.started_at at time zone zone_or_utc(s.zone))::date
      else s.local_on
    end as local_on,
    (
      select count(*)
      from session_exercises as e
      where e.session_id = s.id
    ) as exercise_count,
    t.set_count,
    t.volume_kg,
    t.set_rating,
    coalesce(l.laps_s, 0) as laps_s,
    l.lap_durations_s,
    l.lap_heart_rates_bpm,
    l.laps_effort
  from (
    select
      p.id,
      p.version,
      p.started_at,
      p.local_on,
      p.zone
    from sessions as p
    where p.id > :after_id
    order by p.id
    limit :limit
  ) as s
  cross join lateral (
    select
      count(*) filter (where is_done_set(o.kind)) as set_count,
      rounded(coalesce(sum(set_volume_kg(o.kind, o.weight_kg, o.reps)), 0), 4) as volume_kg,
      avg(rating_of_set(o.kind, o.rpe, o.rir)) as set_rating
    from sets as o
    where o.session_id = s.id
  ) as t
  left join lateral lap_sums(s.id) as l on true
),
mended as (
  update sessions as s
  set exercise_count = p.exercise_count,
      set_count = p.set_count,
      volume_kg = p.volume_kg,
      set_rating = p.set_rating,
      set_rating_version = s.version + 1,
      local_on = p.local_on,
      version = s.version + 1,
      import_version = s.import_version + (s.import_version = s.version)::int,
      updated_at = now()
  from page as p
  where s.id = p.id
    and s.id between (select min(f.id) from page as f) and (select max(l.id) from page as l)
    and s.version = p.version
    and (
      (s.exercise_count, s.set_count, s.local_on) <> (p.exercise_count, p.set_count, p.local_on)
      or abs(s.volume_kg - p.volume_kg) > 0.0001  -- the last decimal depends on the order of the sum
    )
  returning s.id
),
rated as (
  -- No reply shows it: the version stays.
  update sessions as s
  set set_rating = p.set_rating,
      set_rating_version = p.version,
      laps_s = p.laps_s,
      lap_durations_s = p.lap_durations_s,
      lap_heart_rates_bpm = p.lap_heart_rates_bpm,
      laps_effort = p.laps_effort
  from page as p
  where s.id = p.id
    and s.id between (select min(f.id) from page as f) and (select max(l.id) from page as l)
    and s.version = p.version
    and (
      s.set_rating_version, s.set_rating, s.laps_s, s.lap_durations_s, s.lap_heart_rates_bpm, s.laps_effort
    ) is distinct from (
      p.version, p.set_rating, p.laps_s, p.lap_durations_s, p.lap_heart_rates_bpm, p.laps_effort
    )
    and s.id not in (select m.id from mended as m)
)
select
  max(p.id) as last_id,
  count(*) as looked_at,
  coalesce((select array_agg(m.id order by m.id) from mended as m), '{}') as mended
from page as p
