-- Sessions keep the mean rating of their sets, so that the estimate of a load does not read the sets.
-- migrate:up
alter table sessions
  add column set_rating double precision,
  add column set_rating_version integer;
comment on column sessions.set_rating is 'A copy: the mean of rating_of_set() of the session''s sets; null where none has one. '
  'queries/reports/training_load.sql';
comment on column sessions.set_rating_version is 'The version of which set_rating is: with another one, or null, it is not known.';
alter table import_sessions add column set_rating double precision;
comment on column import_sessions.set_rating is 'As in sessions.';

-- migrate:down
alter table import_sessions drop column set_rating;
alter table sessions
  drop column set_rating,
  drop column set_rating_version;
