-- A client_key stays used when its session is deleted: an app that sends it again months later brings nothing back.
-- migrate:up
create table deleted_client_keys (
  athlete_id bigint not null,
  client_key uuid not null,
  deleted_at timestamptz not null default now(),
  constraint deleted_client_keys_pkey primary key (athlete_id, client_key),
  constraint deleted_client_keys_athlete_id_fkey foreign key (athlete_id) references athletes (id) on delete cascade
);
comment on table deleted_client_keys is 'Client keys of sessions that were deleted, kept by triggers: migrations/repeatable/client_keys.sql.';

-- migrate:down
drop table deleted_client_keys cascade;
