-- Deletes any user with all their training, if they are still at a version.
-- @param user_id bigint = 1
-- @param version int = -1
-- @column current_version integer!
-- @column matched boolean!
-- @returns one
-- @plan generic
-- @budget plan: no_seqscan(users, athletes)
-- @budget run: buffers<=40
-- Version -1 stands for any. The athlete goes first: alone, they would stay behind as one without a user.
with target as materialized (
  select
    u.id,
    u.version
  from users as u
  where u.id = :user_id
  for update
),
gone_athlete as (
  delete from athletes as a
  using target as t
  where a.user_id = t.id
    and :version in (t.version, -1)
),
gone as (
  delete from users as u
  using target as t
  where u.id = t.id
    and :version in (t.version, -1)
  returning u.id
)
select
  t.version as current_version,
  g.id is not null as matched
from target as t
left join gone as g on g.id = t.id
