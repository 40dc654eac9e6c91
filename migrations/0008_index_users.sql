-- What administrators list and search users by.
-- migrate:up transaction:false
create index concurrently if not exists users_created_at_idx on users (created_at desc, id desc);
comment on index users_created_at_idx is 'queries/administration/list_newest_users.sql, list_oldest_users.sql';
create index concurrently if not exists users_inactive_idx on users (created_at desc, id desc) where not is_active;
comment on index users_inactive_idx is 'queries/administration/list_newest_users.sql and its like, with is_active=false: they are few';
create index concurrently if not exists users_superusers_idx on users (created_at desc, id desc) where is_superuser;
comment on index users_superusers_idx is 'queries/administration/list_newest_users.sql and its like, with is_superuser=true: they are few; keep_a_superuser()';
create index concurrently if not exists users_search_idx on users using gin (
  lower(username || ' ' || email || ' ' || full_name) gin_trgm_ops
);
comment on index users_search_idx is 'queries/administration/list_newest_users.sql and its like, with search';

-- migrate:down transaction:false
drop index concurrently if exists users_created_at_idx;
drop index concurrently if exists users_inactive_idx;
drop index concurrently if exists users_superusers_idx;
drop index concurrently if exists users_search_idx;
