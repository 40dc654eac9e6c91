-- Idempotency keys have a primary key, in place of the unique constraint that held nulls.
-- migrate:up
alter table idempotency_keys
add constraint idempotency_keys_pkey primary key using index idempotency_keys_pkey,
drop constraint idempotency_keys_key; -- squawk-ignore ban-drop-constraint

-- migrate:down
alter table idempotency_keys
add constraint idempotency_keys_key unique nulls not distinct (key, user_id);
create unique index idempotency_keys_owner_key on idempotency_keys (key, owner_id);
alter table idempotency_keys drop constraint idempotency_keys_pkey;
alter index idempotency_keys_owner_key rename to idempotency_keys_pkey;
