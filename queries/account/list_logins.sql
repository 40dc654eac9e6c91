-- A user's logins, the newest first, a page at a time.
-- @param user_id   bigint = 1
-- @param login_id  bigint = 1
-- @param before_id bigint = 9223372036854775807
-- @param limit     int = 51
-- @sample most_devices: user_id = (select x.user_id from logins as x group by 1 order by count(*) desc limit 1)
-- @sample later_page: user_id = (select x.user_id from logins as x group by 1 order by count(*) desc limit 1)
-- @sample later_page: before_id = (select max(x.id) / 2 from logins as x)
-- @column is_current boolean!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(logins)
-- @budget run: buffers<=12
select
  l.id,
  l.device,
  host(l.address) as address,
  l.created_at,
  l.refreshed_at,
  l.expires_at,
  l.id = :login_id as is_current
from logins as l
where l.user_id = :user_id
  and l.id < :before_id
  and l.revoked_at is null
  and l.expires_at > statement_timestamp()
order by l.id desc
limit :limit
