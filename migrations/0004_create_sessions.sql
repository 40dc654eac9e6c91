-- Workout sessions, their exercises and sets: the history that is never lost.
-- migrate:up
create table sessions (
  id             bigint generated always as identity,
  athlete_id     bigint not null,
  started_at     timestamptz not null,
  ended_at       timestamptz,
  local_on       date not null,
  version        integer not null default 1,
  rpe            numeric(3, 1),
  status         text not null default 'done',
  exercise_count smallint not null default 0,
  set_count      smallint not null default 0,
  volume_kg      double precision not null default 0,
  import_id      bigint,
  import_version integer,
  zone           text not null,
  title          text not null default '',
  notes          text not null default '',
  client_key     uuid,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  constraint sessions_pkey primary key (id),
  constraint sessions_athlete_id_fkey foreign key (athlete_id) references athletes (id) on delete cascade,
  constraint sessions_import_id_fkey foreign key (import_id) references imports (id) on delete set null,
  constraint sessions_copied_into_sets unique (id, athlete_id, local_on),
  constraint sessions_end_after_start check (ended_at >= started_at),
  constraint sessions_last_at_most_10_days check (ended_at <= started_at + interval '10 days'),
  constraint sessions_start_in_range check (
    started_at >= '1900-01-01T00:00:00Z' and started_at < '2200-01-01T00:00:00Z'
  ),
  constraint sessions_rpe_between_0_and_10 check (rpe between 0 and 10),
  constraint sessions_status_known check (status in ('planned', 'in_progress', 'done')),
  constraint sessions_local_on_near_start check (
    local_on between (started_at at time zone 'UTC')::date - 1 and (started_at at time zone 'UTC')::date + 1
  ),
  constraint sessions_title_is_short check (length(title) <= 200),
  constraint sessions_notes_are_short check (length(notes) <= 20000),
  constraint sessions_volume_is_finite check (volume_kg >= 0 and volume_kg < 1e12)
) with (fillfactor = 90);
comment on column sessions.local_on is 'The day on the athlete''s calendar: started_at in zone.';
comment on column sessions.exercise_count is 'Copies, kept by the statement that writes the sets; warm-ups count as sets, not as volume.';
comment on column sessions.import_version is 'The version right after import: a higher one was edited since.';
create index sessions_list_idx on sessions (athlete_id, started_at desc, id desc);
comment on index sessions_list_idx is 'queries/sessions/list_sessions.sql';
create index sessions_days_idx on sessions (athlete_id, local_on, id);
comment on index sessions_days_idx is 'queries/reports/training_report.sql';
create unique index sessions_client_key_unique on sessions (athlete_id, client_key) where client_key is not null;
comment on index sessions_client_key_unique is 'queries/sessions/create_session.sql';
create unique index sessions_one_in_progress_key on sessions (athlete_id) where status = 'in_progress';
comment on index sessions_one_in_progress_key is 'one live session at a time';
create index sessions_import_id_idx on sessions (import_id) where import_id is not null;
comment on index sessions_import_id_idx is 'foreign key';

-- Survives edits and deletes of the session: what was deleted does not rise again with the next upload of
-- the same file, and what was edited is not doubled.
create table imported_sessions (
  athlete_id bigint not null,
  source     text not null,
  source_key text not null,
  row_digest bytea not null,
  session_id bigint,
  import_id  bigint not null,
  constraint imported_sessions_pkey primary key (athlete_id, source, source_key),
  constraint imported_sessions_athlete_id_fkey foreign key (athlete_id) references athletes (id) on delete cascade,
  constraint imported_sessions_session_id_fkey foreign key (session_id) references sessions (id) on delete set null,
  constraint imported_sessions_import_id_fkey foreign key (import_id) references imports (id) on delete cascade,
  constraint imported_sessions_row_digest_is_sha256 check (octet_length(row_digest) = 32)
);
comment on column imported_sessions.source_key is 'The id in the source, else local start, title and ordinal.';
create index imported_sessions_session_id_idx on imported_sessions (session_id);
comment on index imported_sessions_session_id_idx is 'foreign key';
create index imported_sessions_import_id_idx on imported_sessions (import_id);
comment on index imported_sessions_import_id_idx is 'foreign key';

create table session_exercises (
  session_id  bigint not null,
  athlete_id  bigint not null,
  local_on    date not null,
  exercise_no smallint not null,
  position    smallint not null,
  exercise_id bigint not null,
  superset    smallint,
  notes       text not null default '',
  constraint session_exercises_pkey primary key (session_id, exercise_no),
  constraint session_exercises_copied_into_sets unique (session_id, exercise_no, exercise_id, athlete_id, local_on),
  constraint session_exercises_session_fkey foreign key (session_id, athlete_id, local_on)
    references sessions (id, athlete_id, local_on) on update cascade on delete cascade,
  constraint session_exercises_exercise_id_fkey foreign key (exercise_id) references exercises (id),
  constraint session_exercises_exercise_no_in_range check (exercise_no between 1 and 1000),
  constraint session_exercises_superset_in_range check (superset between 0 and 1000),
  constraint session_exercises_notes_are_short check (length(notes) <= 5000)
);
comment on table session_exercises is 'athlete_id and local_on are the session''s, passed on to its sets.';
comment on column session_exercises.exercise_no is 'Stable in its session, chosen by the writer; order is position.';
create index session_exercises_exercise_id_idx on session_exercises (exercise_id, session_id);
comment on index session_exercises_exercise_id_idx is 'foreign key; queries/sessions/list_sessions.sql with exercise_id';

create table sets (
  session_id  bigint not null,
  athlete_id  bigint not null,
  exercise_id bigint not null,
  local_on    date not null,
  exercise_no smallint not null,
  set_no      smallint not null,
  position    smallint not null,
  reps        smallint,
  duration_s  integer,
  kind        "char" not null default 'n',
  rir         smallint,
  weight_kg   double precision,
  distance_m  double precision,
  rpe         numeric(3, 1),
  notes       text,
  constraint sets_pkey primary key (session_id, exercise_no, set_no),
  constraint sets_set_no_in_range check (set_no between 1 and 1000),
  constraint sets_kind_known check (kind in ('n', 'w', 'd', 'f')),
  constraint sets_reps_in_range check (reps between 0 and 9999),
  constraint sets_rir_in_range check (rir between 0 and 20),
  constraint sets_weight_in_range check (weight_kg between -500 and 2000),
  constraint sets_distance_in_range check (distance_m between 0 and 10000000),
  constraint sets_duration_in_range check (duration_s between 0 and 864000),
  constraint sets_rpe_between_1_and_10 check (rpe between 1 and 10 and rpe * 2 = trunc(rpe * 2)),
  constraint sets_notes_are_short check (length(notes) <= 5000),
  constraint sets_exercise_fkey foreign key (session_id, exercise_no, exercise_id, athlete_id, local_on)
    references session_exercises (session_id, exercise_no, exercise_id, athlete_id, local_on)
    on update cascade on delete cascade
);
comment on table sets is 'athlete_id, exercise_id and local_on are copies for the statistics; the composite foreign keys hold them true: '
  'one a set, by way of its exercise, since each costs an insert as much as the row itself.';
comment on column sets.kind is 'n normal, w warm-up, d drop set, f to failure.';
comment on column sets.weight_kg is 'Negative: assistance.';
create index sets_statistics_idx on sets (athlete_id, exercise_id, local_on) include (kind, weight_kg, reps);
comment on index sets_statistics_idx is 'queries/reports/training_report.sql, index-only';
-- Index-only scans need the visibility map; by default an insert-only table is vacuumed after 20 % of growth.
alter table sets set (
  autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 100000,
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_analyze_scale_factor = 0.01,
  fillfactor = 95
);
alter table sets alter column athlete_id set statistics 1000;

-- migrate:down
drop table sets cascade;
drop table session_exercises cascade;
drop table imported_sessions cascade;
drop table sessions cascade;  -- with the functions of repeatable/session_json.sql that take its rows
