-- Every key's owner is its user.
-- migrate:up
alter table idempotency_keys validate constraint idempotency_keys_owner_is_user;

-- migrate:down
alter table idempotency_keys drop constraint idempotency_keys_owner_is_user;
alter table idempotency_keys
add constraint idempotency_keys_owner_is_user check (owner_id = coalesce(user_id, 0)) not valid;
