-- One account with the athlete who belongs to it.
-- @param user_id bigint = 1
-- @column zone_is_known boolean!
-- @column email_is_verified boolean!
-- @returns one
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(users, athletes)
-- @budget run: buffers<=6
select c.*
from users as u
left join athletes as a on a.user_id = u.id
cross join lateral user_columns(u, a) as c
where u.id = :user_id
