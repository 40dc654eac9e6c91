-- Whose key it is, as a number that is never null: what a primary key needs, and a publication of all tables.
-- migrate:up
-- The default is who acts, so that the release before, which names no owner, writes the right one beside this one. It is
-- the same for all rows that are there, and rewrites nothing.
alter table idempotency_keys
-- squawk-ignore adding-field-with-default
add column owner_id bigint not null default coalesce(nullif(current_setting('app.user_id', true), '')::bigint, 0);
alter table idempotency_keys
add constraint idempotency_keys_owner_is_user check (owner_id = coalesce(user_id, 0)) not valid;
comment on column idempotency_keys.owner_id is 'user_id, or 0: asked before sign-in. A primary key holds no null.';

-- migrate:down
alter table idempotency_keys drop column owner_id;
