-- A renamed exercise goes on being found by the names that it had.
-- migrate:up
alter table exercises add column former_names text[] not null default '{}';
comment on column exercises.former_names is 'What it was called before, in lower case, the latest last; '
  'migrations/repeatable/former_names.sql';

-- migrate:down
alter table exercises drop column former_names;
