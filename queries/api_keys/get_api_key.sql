-- One of the viewer's API keys.
-- @param viewer_id bigint = 1
-- @param key_id    bigint = 1
-- @column prefix text!
-- @returns one
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(api_keys)
-- @budget run: buffers<=6
select c.*
from api_keys as k
cross join lateral api_key_columns(k) as c
where k.user_id = :viewer_id
  and k.id = :key_id
