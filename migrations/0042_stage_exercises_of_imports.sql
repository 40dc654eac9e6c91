-- Imports stage a row for each exercise of a workout, its sets in arrays: a quarter of the rows, or less.
-- import_sets stays for the release before, which still fills it; the release after this one drops it.
-- migrate:up
create unlogged table import_exercises (
  import_id      bigint not null,
  source_key     text not null,
  exercise_no    smallint not null,
  title          text not null,
  notes          text not null,
  started_at     timestamptz not null,
  ended_at       timestamptz,
  exercise_name  text not null,
  exercise_notes text not null,
  superset       smallint,
  kinds          "char"[] not null,
  reps           smallint[],
  weights_kg     double precision[],
  distances_m    double precision[],
  durations_s    integer[],
  rpes           double precision[],
  are_turned     boolean[],
  constraint import_exercises_pkey primary key (import_id, source_key, exercise_no)
);
comment on table import_exercises is
  'Exercises of workouts on their way in, with their sets: filled by COPY, emptied by the same transaction.';
comment on column import_exercises.kinds is
  'Of its sets, in their order, numbered from 1. So are the other arrays; one that is null has null for every set.';
comment on column import_exercises.are_turned is 'The weight was help: the file says -weight_kg.';
comment on table import_sets is 'Of the release before: nothing fills it any more.';

-- migrate:down
comment on table import_sets is 'Parsed rows on their way in: filled by COPY, emptied by the same transaction.';
drop table import_exercises cascade;
