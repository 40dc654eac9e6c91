-- A guess or a mail writes last_at, and an index on it made each of these updates write every index anew.
-- migrate:up transaction:false
drop index concurrently if exists throttles_last_at_idx;

-- migrate:down transaction:false
create index concurrently if not exists throttles_last_at_idx on throttles (last_at);
comment on index throttles_last_at_idx is 'queries/jobs/delete_old_throttles.sql';
