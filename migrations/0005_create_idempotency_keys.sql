-- What a resent request gets back: the first reply to its Idempotency-Key.
-- migrate:up
create table idempotency_keys (
  user_id    bigint,
  key        text not null,
  digest     bytea not null,
  status     smallint,
  reply      json,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_key unique nulls not distinct (key, user_id),
  constraint idempotency_keys_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
  constraint idempotency_keys_key_is_1_to_255_long check (length(key) between 1 and 255),
  constraint idempotency_keys_digest_is_sha256 check (octet_length(digest) = 32),
  constraint idempotency_keys_status_is_2xx check (status between 200 and 299)
);
comment on column idempotency_keys.user_id is 'null: asked before sign-in, as registration is.';
comment on column idempotency_keys.digest is 'sha256 of method, path, fields and file contents: the same key with another body is refused.';
comment on column idempotency_keys.reply is 'null with a status: had nothing to say, or held a secret and is never kept.';
create index idempotency_keys_user_id_idx on idempotency_keys (user_id);
comment on index idempotency_keys_user_id_idx is 'foreign key';
create index idempotency_keys_created_at_idx on idempotency_keys (created_at);
comment on index idempotency_keys_created_at_idx is 'deleting keys after 30 days';

-- migrate:down
drop table idempotency_keys cascade;
