-- The rated sessions of a title and day are found: what teammates said of the session that an athlete did not rate.
-- migrate:up transaction:false
create index concurrently if not exists sessions_title_day_idx
  on sessions (lower(title), local_on) include (athlete_id, rpe)
  where rpe is not null and status = 'done' and title <> '';
comment on index sessions_title_day_idx is 'queries/reports/training_load.sql';

-- migrate:down
drop index if exists sessions_title_day_idx;
