-- Keeps the reply that the effect passed on by keep_reply(), for whoever sends the same Idempotency-Key again.
-- @param key       text = 'a-key'
-- @param status    int = 201
-- @param keep_body boolean = true
-- @returns rows_affected
-- @budget plan: no_seqscan(idempotency_keys)
update idempotency_keys
set status = :status,
    reply = case when :keep_body then nullif(current_setting('app.reply', true), '')::json end
where key = :key
  and user_id is not distinct from acting_user_id()
