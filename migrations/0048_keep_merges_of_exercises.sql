-- A merge of exercises remembers what it moved, so that undoing it brings everything back.
-- migrate:up
create table exercise_merges (
  exercise_id  bigint not null,
  session_ids  bigint[] not null,
  exercise_nos smallint[] not null,
  merged_at    timestamptz not null default now(),
  constraint exercise_merges_pkey primary key (exercise_id),
  constraint exercise_merges_exercise_id_fkey foreign key (exercise_id) references exercises (id) on delete cascade,
  constraint exercise_merges_name_rows check (cardinality(session_ids) = cardinality(exercise_nos))
);
comment on table exercise_merges is 'What merges moved; migrations/repeatable/exercise_merges.sql. Where it went: exercises.merged_into.';
comment on column exercise_merges.session_ids is 'With exercise_nos, the rows of session_exercises that moved.';

-- migrate:down
drop table exercise_merges cascade;
