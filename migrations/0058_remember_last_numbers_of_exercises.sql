-- A session remembers the highest number that an exercise had which is no longer there, so that no other one gets it.
-- migrate:up
alter table sessions add column last_exercise_no smallint not null default 0;
comment on column sessions.last_exercise_no is 'The highest exercise_no that was taken out; those of sets are in set_edits. '
  'migrations/repeatable/session_numbers.sql';

-- migrate:down
alter table sessions drop column last_exercise_no;
