-- Files that were brought in, and the rows of those being worked on.
-- migrate:up
create table imports (
  id               bigint generated always as identity,
  athlete_id       bigint not null,
  source           text not null,
  file_name        text not null default '',
  file_sha256      bytea not null,
  file_bytes       bigint not null,
  zone             text not null,
  state            text not null default 'queued',
  sessions_added   integer not null default 0,
  sets_added       integer not null default 0,
  exercises_added  integer not null default 0,
  duplicates       integer not null default 0,
  rejected         jsonb not null default '[]',
  notices          jsonb not null default '[]',
  created_at       timestamptz not null default now(),
  finished_at      timestamptz,
  undone_at        timestamptz,
  constraint imports_pkey primary key (id),
  constraint imports_athlete_id_fkey foreign key (athlete_id) references athletes (id) on delete cascade,
  constraint imports_source_known check (source in ('hevy', 'strong', 'fitnotes', 'fit', 'gpx', 'tcx', 'own')),
  constraint imports_state_known check (state in (
    'queued', 'running', 'done', 'previewed', 'needs_mapping', 'failed', 'cancelled', 'undone'
  )),
  constraint imports_file_sha256_is_sha256 check (octet_length(file_sha256) = 32)
);
comment on column imports.rejected is 'What could not be taken: line and reason of each; the first thousand.';
comment on column imports.notices is 'What was decided on the way and should be known, such as hours that a clock change repeats.';
create index imports_athlete_id_idx on imports (athlete_id, id desc);
comment on index imports_athlete_id_idx is 'foreign key; queries/imports/get_import.sql';

-- Unlogged, not temporary: no catalogue churn, and a job that goes on in another connection finds its rows.
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
  constraint import_sets_pkey primary key (import_id, source_key, exercise_no, set_no)
);
comment on table import_sets is 'Parsed rows on their way in: filled by COPY, emptied by the same transaction.';

-- migrate:down
drop table import_sets cascade;
drop table imports cascade;
