-- The viewer's API keys, newest first, a page at a time.
-- @param viewer_id bigint = 1
-- @param before_id bigint = 9223372036854775807
-- @param limit     int = 51
-- @column id bigint!
-- @column name text!
-- @column scopes text[]!
-- @column prefix text!
-- @column expires_at timestamptz
-- @column last_used_on date
-- @column created_at timestamptz!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(api_keys)
-- @budget run: buffers<=20
select
  k.id,
  k.name,
  k.scopes,
  'wk_' || k.user_id || '_' || k.id || '_' || k.secret_start as prefix,
  k.expires_at,
  k.last_used_on,
  k.created_at
from api_keys as k
where k.user_id = :viewer_id
  and k.id < :before_id
order by k.id desc
limit :limit
