-- Deletes one of the viewer's API keys. The guard refuses the key from the next request on.
-- @param viewer_id bigint = 1
-- @param key_id    bigint = 1
-- @column id bigint!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(api_keys)
-- @budget run: buffers<=40
delete from api_keys as k
where k.id = :key_id
  and k.user_id = :viewer_id
returning k.id
