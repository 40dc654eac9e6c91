-- Deletes any user with all their training, if they are still at a version.
-- @param user_id bigint = 1
-- @param version int = -1
-- @column current_version integer!
-- @column matched boolean!
-- @returns one
-- @plan generic
-- @budget plan: no_seqscan(users, athletes, sessions)
-- @budget run: buffers<=3000
-- Version -1 stands for any. In this order: exercises of their own are in use until the sessions are gone, and without
-- its user an athlete would stay behind.
with target as materialized (
  select
    u.id,
    u.version,
    a.id as athlete_id
  from users as u
  left join athletes as a on a.user_id = u.id
  where u.id = :user_id
  for update of u
),
gone_sessions as (
  delete from sessions as s
  using target as t
  where s.athlete_id = t.athlete_id
    and :version in (t.version, -1)
  returning s.id
),
gone_athlete as (
  delete from athletes as a
  using target as t
  where a.id = t.athlete_id
    and :version in (t.version, -1)
    and (select count(*) from gone_sessions) >= 0
  returning a.id
),
gone as (
  delete from users as u
  using target as t
  where u.id = t.id
    and :version in (t.version, -1)
    and (select count(*) from gone_athlete) >= 0
  returning u.id
)
select
  t.version as current_version,
  g.id is not null as matched
from target as t
left join gone as g on g.id = t.id
