-- The kept reply of an Idempotency-Key, with the digest of its request.
-- @param user_id bigint? = 1
-- @param key     text = 'a-key'
-- @returns maybe
-- @column digest     bytea!
-- @column status     smallint
-- @column reply      json
-- @column created_at timestamptz!
-- @plan custom
-- @readonly
-- @budget plan: no_seqscan(idempotency_keys)
-- @budget run: buffers<=4
select k.digest, k.status, k.reply, k.created_at
from idempotency_keys as k
where k.key = :key
  and k.owner_id = coalesce(:user_id::bigint, 0)
