-- Looks through the latest sessions of an athlete for what is doubtful, as far as they have changed since the last time.
-- @param viewer_id  bigint = 1
-- @param athlete_id bigint = 0
-- @param limit      int = 100
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @column checked bigint!
-- @returns one
-- @plan generic
-- @timeout 20s
-- @writes
-- @budget run: buffers<=60000
-- Athlete 0 is the viewer's own.
select
  check_athlete(
    case
      when :athlete_id = 0
        then (
          select own.id
          from athletes as own
          where own.user_id = :viewer_id
        )
      else lock_writable_athlete(:viewer_id, :athlete_id)
    end,
    :limit::int
  ) as checked
