-- What becomes the primary key: the key goes first, for the release before looks up by it alone.
-- migrate:up transaction:false
create unique index concurrently if not exists idempotency_keys_pkey on idempotency_keys (key, owner_id);

-- migrate:down transaction:false
drop index concurrently if exists idempotency_keys_pkey;
