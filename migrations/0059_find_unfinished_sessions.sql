-- The few days that have a session which is not finished are found without reading all sessions of an athlete.
-- migrate:up transaction:false
create index concurrently if not exists sessions_unfinished_idx
  on sessions (athlete_id, local_on)
  where status <> 'done';
comment on index sessions_unfinished_idx is 'counted_sets(): which days are read by session';

-- migrate:down
drop index if exists sessions_unfinished_idx;
