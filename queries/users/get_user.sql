-- One account with the athlete who belongs to it.
-- @param user_id bigint = 1
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(users, athletes)
-- @budget run: buffers<=6
select
  u.version,
  user_json(u, a.id, a.zone) as reply
from users as u
left join athletes as a on a.user_id = u.id
where u.id = :user_id
