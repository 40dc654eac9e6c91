-- Stores the reply that the change passed to keep_reply() under its Idempotency-Key; without a reply, the claim ends.
-- @param key       text = 'a-key'
-- @param status    int = 201
-- @param keep_body boolean = true
-- @returns rows_affected
-- @writes
-- @budget plan: no_seqscan(idempotency_keys)
-- A statement that found nothing to change raises no error and keeps no reply: the request was refused, and may be sent
-- again. Of a reply with a secret only the id of the new row is stored.
with kept as materialized (
  select nullif(current_setting('app.reply', true), '')::json as reply
),
unclaimed as (
  delete from idempotency_keys as k
  using kept
  where k.key = :key
    and k.owner_id = coalesce(acting_user_id(), 0)
    and kept.reply is null
)
update idempotency_keys as k
set status = :status,
    reply = case
      when :keep_body then kept.reply
      when kept.reply -> 'id' is not null then json_build_object('id', kept.reply -> 'id')
    end
from kept
where k.key = :key
  and k.owner_id = coalesce(acting_user_id(), 0)
  and kept.reply is not null
