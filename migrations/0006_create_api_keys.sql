-- API keys: what scripts and old clients present in place of a sign-in.
-- migrate:up
create table api_keys (
  id            bigint generated always as identity,
  user_id       bigint not null,
  name          text not null,
  scopes        text[] not null,
  secret_start  text not null,
  secret_sha256 bytea not null,
  expires_at    timestamptz,
  last_used_on  date,
  created_at    timestamptz not null default now(),
  constraint api_keys_pkey primary key (id),
  constraint api_keys_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
  constraint api_keys_name_is_1_to_100_long check (length(name) between 1 and 100),
  constraint api_keys_have_1_to_50_scopes check (cardinality(scopes) between 1 and 50),
  constraint api_keys_secret_start_is_4_long check (length(secret_start) = 4),
  constraint api_keys_secret_sha256_is_sha256 check (octet_length(secret_sha256) = 32),
  constraint api_keys_expire_after_creation check (expires_at > created_at)
) with (fillfactor = 90);
comment on table api_keys is 'Never changed but for last_used_on: other scopes are another key. The guard looks here on every request with one.';
comment on column api_keys.scopes is 'Which routes it opens; workouts_api/scopes.py has them all.';
comment on column api_keys.secret_start is 'What its owner recognises it by; the rest is known by its digest only.';
comment on column api_keys.expires_at is 'null: never.';
comment on column api_keys.last_used_on is 'Written by the guard, once a day: reads stay reads.';
create index api_keys_user_id_idx on api_keys (user_id, id desc);
comment on index api_keys_user_id_idx is 'foreign key; queries/api_keys/list_api_keys.sql';

-- migrate:down
drop table api_keys cascade;
