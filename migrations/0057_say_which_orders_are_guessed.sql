-- Imports remember of which workouts the file did not say the order, so that a file that says it puts them right.
-- migrate:up
alter table import_exercises add column order_is_guessed boolean not null default false;
alter table import_sessions add column order_is_guessed boolean not null default false;
alter table imported_sessions add column order_is_guessed boolean not null default false;
comment on column imported_sessions.order_is_guessed is 'Somebody had sorted the file: the order of its exercises, or of '
  'equal ones, is not that of the workout. A file in the order of its export replaces it.';

-- migrate:down
alter table imported_sessions drop column order_is_guessed;
alter table import_sessions drop column order_is_guessed;
alter table import_exercises drop column order_is_guessed;
