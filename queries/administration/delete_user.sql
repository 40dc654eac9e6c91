-- Erases any user with all their training, if the user still has a given version; workouts.erasures keeps the proof.
-- @param user_id bigint = (select coalesce(max(u.id), 1) from users as u)
-- @param versions bigint[] = '{-1}'
-- @sample heavy_athlete: user_id = 1
-- @column current_version integer!
-- @column matched boolean!
-- @returns one
-- @timeout 25s
-- @writes
-- @budget plan: no_seqscan(users)
-- @budget run: buffers<=40000
-- @budget run(heavy_athlete): buffers<=300000
-- Version -1 stands for any version. The budget is for 250 sessions with 3,000 sets, and that of a heavy athlete for
-- 25,000 sets: counting and deleting a set takes ten pages, including the foreign keys' work inside erase_user(). A trigger keeps
-- the last superuser (repeatable/superusers.sql).
with target as materialized (
  select
    u.id,
    u.version
  from users as u
  where u.id = :user_id
  for update
)
select
  t.version as current_version,
  case when :versions && array[t.version::bigint, -1] then (erase_user(t.id)).id end is not null as matched
from target as t
