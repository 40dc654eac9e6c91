-- The viewer's API keys, newest first, a page at a time.
-- @param viewer_id bigint = 1
-- @param before_id bigint = 9223372036854775807
-- @param limit     int = 51
-- @sample most_keys: viewer_id = (select x.user_id from api_keys as x group by 1 order by count(*) desc limit 1)
-- @sample later_page: viewer_id = (select x.user_id from api_keys as x group by 1 order by count(*) desc limit 1)
-- @sample later_page: before_id = (select max(x.id) / 2 from api_keys as x)
-- @sample newcomer: viewer_id = (select max(u.id) from users as u)
-- @column prefix text!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(api_keys)
-- @budget run: buffers<=20
select c.*
from api_keys as k
cross join lateral api_key_columns(k) as c
where k.user_id = :viewer_id
  and k.id < :before_id
order by k.id desc
limit :limit
