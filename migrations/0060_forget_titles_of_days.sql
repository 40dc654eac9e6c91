-- Ratings of teammates are found by athlete and day: nothing reads the sessions of a title and day across all athletes.
-- migrate:up transaction:false
drop index concurrently if exists sessions_title_day_idx;

-- migrate:down transaction:false
create index concurrently if not exists sessions_title_day_idx
  on sessions (lower(title), local_on) include (athlete_id, rpe)
  where rpe is not null and status = 'done' and title <> '';
comment on index sessions_title_day_idx is 'queries/reports/training_load.sql';
