-- Keeps the reply that the effect passed on by keep_reply(), for whoever sends the same Idempotency-Key again.
-- @param key       text = 'a-key'
-- @param status    int = 201
-- @param keep_body boolean = true
-- @returns rows_affected
-- @writes
-- @budget plan: no_seqscan(idempotency_keys)
-- A reply that holds a secret is not kept, but for the id of what was made.
update idempotency_keys
set status = :status,
    reply = (
      select
        case
          when :keep_body then kept.reply
          when kept.reply -> 'id' is not null then json_build_object('id', kept.reply -> 'id')
        end
      from (select nullif(current_setting('app.reply', true), '')::json as reply) as kept
    )
where key = :key
  and user_id is not distinct from acting_user_id()
