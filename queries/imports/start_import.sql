-- Opens an import of the viewer's own training; another import of the same athlete waits here until it is committed.
-- @param viewer_id   bigint = 1
-- @param source      text = 'hevy'
-- @param file_name   text = 'workouts.csv'
-- @param file_sha256 bytea = sha256('')
-- @param file_bytes  bigint = 0
-- @param zone        text? = 'Europe/Berlin'
-- @param most        bigint = 100
-- @returns one
-- @column id         bigint!
-- @column athlete_id bigint!
-- @column zone       text!
-- @column athlete_zone text!
-- @timeout 30min
-- @plan custom
-- @writes
-- @budget plan: no_seqscan(athletes) max_cost=20
-- @budget run: buffers<=40
insert into imports (athlete_id, source, file_name, file_sha256, file_bytes, zone, state)
select a.id, :source, :file_name, :file_sha256, :file_bytes, coalesce(:zone::text, zone_or_utc(a.zone)), 'running'
from athletes as a
where a.user_id = :viewer_id
  and within_quota('imports_a_day', a.id, :most)
for no key update
returning
  id,
  athlete_id,
  zone,
  (
    select w.zone
    from athletes as w
    where w.id = athlete_id
  ) as athlete_zone
