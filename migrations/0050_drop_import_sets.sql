-- Nothing has staged single sets since import_exercises, the last release included.
-- migrate:up
-- squawk-ignore ban-drop-table
drop table import_sets;
comment on column import_sessions.source_key is 'As in import_exercises: the ordinal is that of the file.';

-- migrate:down
comment on column import_sessions.source_key is 'As in import_sets: the ordinal is that of the file.';
create unlogged table import_sets (
  import_id        bigint not null,
  line_no          integer not null,
  source_key       text not null,
  title            text not null,
  notes            text not null,
  started_at       timestamptz not null,
  ended_at         timestamptz,
  session_rpe      double precision,
  exercise_no      smallint not null,
  exercise_name    text not null,
  exercise_notes   text not null,
  superset         smallint,
  set_no           smallint not null,
  kind             "char" not null,
  reps             smallint,
  weight_kg        double precision,
  distance_m       double precision,
  duration_s       integer,
  rpe              double precision,
  is_turned        boolean not null default false,
  constraint import_sets_pkey primary key (import_id, source_key, exercise_no, set_no)
);
comment on table import_sets is 'Of the release before: nothing fills it any more.';
comment on column import_sets.is_turned is 'The weight was help: the file says -weight_kg.';
