-- The schema that the migrations make, up to 0071, for reading. Written by `workouts db dump`; don't edit.
-- A database is made by `workouts db migrate`. search_path is workouts, extensions, pg_temp.

create schema extensions;
create schema jobs;
create schema workouts;
create extension btree_gist with schema extensions;
create extension pg_trgm with schema extensions;
grant usage on schema extensions to workouts_app;
grant usage on schema extensions to workouts_dba;
grant usage on schema jobs to workouts_app;
grant usage on schema jobs to workouts_dba;
grant usage on schema workouts to workouts_app;
grant usage on schema workouts to workouts_dba;
alter default privileges in schema workouts grant select, usage on sequences to workouts_app;
alter default privileges in schema workouts grant delete, insert, select, update on tables to workouts_app;

create table api_keys (
  id            bigint generated always as identity not null,
  user_id       bigint not null,
  name          text not null,
  scopes        text[] not null,
  secret_start  text not null,
  secret_sha256 bytea not null,
  expires_at    timestamp with time zone,
  last_used_on  date,
  created_at    timestamp with time zone default now() not null,
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_expire_after_creation CHECK (expires_at > created_at),
  constraint api_keys_have_1_to_50_scopes CHECK (cardinality(scopes) >= 1 AND cardinality(scopes) <= 50),
  constraint api_keys_name_is_1_to_100_long CHECK (length(name) >= 1 AND length(name) <= 100),
  constraint api_keys_secret_sha256_is_sha256 CHECK (octet_length(secret_sha256) = 32),
  constraint api_keys_secret_start_is_4_long CHECK (length(secret_start) = 4),
  constraint api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
) with (fillfactor=90);
comment on table api_keys is 'Never changed but for last_used_on: other scopes are another key. The guard looks here on every request with one.';
comment on column api_keys.scopes is 'Which routes it opens; workouts_api/web/scopes.py has them all.';
comment on column api_keys.secret_start is 'What its owner recognises it by; the rest is known by its digest only.';
comment on column api_keys.expires_at is 'null: never.';
comment on column api_keys.last_used_on is 'Written by the guard, once a day: reads stay reads.';
CREATE INDEX api_keys_user_id_idx ON api_keys USING btree (user_id, id DESC);
comment on index api_keys_user_id_idx is 'foreign key; queries/api_keys/list_api_keys.sql';
CREATE CONSTRAINT TRIGGER api_keys_name_can_be_read AFTER INSERT OR UPDATE ON api_keys NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_name('name');
CREATE TRIGGER record_audit AFTER INSERT OR DELETE OR UPDATE ON api_keys FOR EACH ROW EXECUTE FUNCTION record_audit('id', 'secret_sha256,secret_start');
grant delete, insert, select, update on api_keys to workouts_app;

create table athletes (
  id         bigint generated always as identity not null,
  user_id    bigint,
  name       text not null,
  born_on    date,
  sex        text,
  height_cm  double precision,
  zone       text default 'UTC'::text not null,
  week_start smallint default 1 not null,
  version    integer default 1 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  kept_by    bigint,
  notes      text default ''::text not null,
  constraint athletes_pkey PRIMARY KEY (id),
  constraint athletes_user_id_key UNIQUE (user_id),
  constraint athletes_height_in_range CHECK (height_cm > 20::double precision AND height_cm < 300::double precision),
  constraint athletes_kept_without_user CHECK (user_id IS NULL OR kept_by IS NULL),
  constraint athletes_name_is_1_to_200_long CHECK (length(name) >= 1 AND length(name) <= 200),
  constraint athletes_notes_are_short CHECK (length(notes) <= 20000),
  constraint athletes_sex_known CHECK (sex = ANY (ARRAY['female'::text, 'male'::text, 'other'::text])),
  constraint athletes_week_start_is_iso CHECK (week_start >= 1 AND week_start <= 7),
  constraint athletes_kept_by_fkey FOREIGN KEY (kept_by) REFERENCES users(id) ON DELETE CASCADE,
  constraint athletes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE SET NULL
);
comment on table athletes is 'Whose training it is. Every user who trains has one; a coach may keep athletes without a user.';
comment on column athletes.zone is 'IANA zone: times without an offset, as in imported files, are local times there.';
comment on column athletes.week_start is 'ISO: 1 Monday … 7 Sunday.';
comment on column athletes.kept_by is 'The user who keeps the athlete''s training until they have an account of their own; goes with that user, unless migrations/repeatable/hand_over.sql finds an heir.';
comment on column athletes.notes is 'Coaches'' own: never shown to the athlete, and in no list.';
CREATE UNIQUE INDEX athletes_copied_into_team_athletes ON athletes USING btree (id, name);
comment on index athletes_copied_into_team_athletes is 'what the foreign key of team_athletes refers to';
CREATE INDEX athletes_kept_by_idx ON athletes USING btree (kept_by) WHERE kept_by IS NOT NULL;
comment on index athletes_kept_by_idx is 'foreign key; migrations/repeatable/visibility.sql';
CREATE TRIGGER athletes_lose_sessions_before_delete BEFORE DELETE ON athletes FOR EACH ROW EXECUTE FUNCTION delete_sessions_before_athlete();
CREATE CONSTRAINT TRIGGER athletes_name_can_be_read AFTER INSERT OR UPDATE ON athletes NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_name('name');
CREATE TRIGGER athletes_raise_users AFTER UPDATE ON athletes FOR EACH ROW WHEN (old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION raise_version_above('users', 'user_id', '{user_id,zone}');
CREATE TRIGGER athletes_version_rises BEFORE UPDATE ON athletes FOR EACH ROW WHEN (new.version = old.version) EXECUTE FUNCTION raise_version('{}');
CREATE CONSTRAINT TRIGGER athletes_zone_is_known AFTER INSERT OR UPDATE ON athletes NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_zone();
grant delete, insert, select, update on athletes to workouts_app;

create table audit_events (
  id         bigint generated always as identity not null,
  at         timestamp with time zone default now() not null,
  actor_id   bigint,
  role       text default SESSION_USER not null,
  request_id text default ''::text not null,
  action     text not null,
  table_name text not null,
  row_key    text not null,
  person_id  bigint,
  changes    jsonb default '{}'::jsonb not null,
  constraint audit_events_pkey PRIMARY KEY (id),
  constraint audit_events_action_known CHECK (action = ANY (ARRAY['insert'::text, 'update'::text, 'delete'::text]))
);
comment on table audit_events is 'Written by record_audit() of repeatable/audit.sql; queries/audit. Rows stay when what they tell of is gone.';
comment on column audit_events.actor_id is 'The user on whose behalf it was done; null: nobody was signed in.';
comment on column audit_events.role is 'The role that was signed in to the database: the application, or a person with psql.';
comment on column audit_events.person_id is 'Whose data the values are, for erase_person().';
comment on column audit_events.changes is 'By column: old and new value; null where the value is a secret, or was erased.';
CREATE INDEX audit_events_action_idx ON audit_events USING btree (action, at DESC, id DESC);
comment on index audit_events_action_idx is 'queries/audit/list_events.sql?action';
CREATE INDEX audit_events_actor_id_idx ON audit_events USING btree (actor_id, at DESC, id DESC);
comment on index audit_events_actor_id_idx is 'queries/audit/list_events.sql?actor_id';
CREATE INDEX audit_events_at_idx ON audit_events USING btree (at DESC, id DESC);
comment on index audit_events_at_idx is 'queries/audit/list_events.sql';
CREATE INDEX audit_events_person_id_idx ON audit_events USING btree (person_id) WHERE person_id IS NOT NULL;
comment on index audit_events_person_id_idx is 'erase_person()';
CREATE INDEX audit_events_row_idx ON audit_events USING btree (table_name, row_key, at DESC, id DESC);
comment on index audit_events_row_idx is 'queries/audit/list_events.sql?table';
CREATE INDEX audit_events_table_action_idx ON audit_events USING btree (table_name, action, at DESC, id DESC);
comment on index audit_events_table_action_idx is 'queries/audit/list_events.sql?table&action';
grant select on audit_events to workouts_app;

create table day_values (
  athlete_id bigint not null,
  kind       text not null,
  local_on   date not null,
  value      double precision not null,
  constraint day_values_pkey PRIMARY KEY (athlete_id, kind, local_on) INCLUDE (value),
  constraint day_values_local_on_in_range CHECK (local_on >= '1900-01-01'::date AND local_on <= '2200-01-01'::date),
  constraint day_values_athlete_id_fkey FOREIGN KEY (athlete_id) REFERENCES athletes(id) ON DELETE CASCADE,
  constraint day_values_kind_fkey FOREIGN KEY (kind) REFERENCES value_kinds(code)
);
comment on table day_values is 'One value of a kind a day, on the athlete''s calendar; queries/days.';
CREATE INDEX day_values_days_idx ON day_values USING btree (athlete_id, local_on, kind) INCLUDE (value);
comment on index day_values_days_idx is 'queries/days/list_days.sql';
CREATE INDEX day_values_kind_idx ON day_values USING btree (kind);
comment on index day_values_kind_idx is 'foreign key';
grant delete, insert, select, update on day_values to workouts_app;

create table deleted_client_keys (
  athlete_id bigint not null,
  client_key uuid not null,
  deleted_at timestamp with time zone default now() not null,
  constraint deleted_client_keys_pkey PRIMARY KEY (athlete_id, client_key),
  constraint deleted_client_keys_athlete_id_fkey FOREIGN KEY (athlete_id) REFERENCES athletes(id) ON DELETE CASCADE
);
comment on table deleted_client_keys is 'Client keys of sessions that were deleted, kept by triggers: migrations/repeatable/client_keys.sql.';
grant delete, insert, select, update on deleted_client_keys to workouts_app;

create table doubts (
  id                 bigint generated always as identity not null,
  athlete_id         bigint not null,
  session_id         bigint not null,
  local_on           date not null,
  exercise_no        smallint default 0 not null,
  set_no             smallint default 0 not null,
  clears_times       boolean default false not null,
  rule               text not null,
  unit               text not null,
  state              text default 'open'::text not null,
  value              double precision not null,
  usual              double precision,
  proposed_weight_kg double precision,
  proposed_ended_at  timestamp with time zone,
  before             jsonb,
  found_at           timestamp with time zone default now() not null,
  decided_at         timestamp with time zone,
  proposed_rir       smallint,
  constraint doubts_pkey PRIMARY KEY (id),
  constraint doubts_once_a_rule UNIQUE (session_id, exercise_no, set_no, rule),
  constraint doubts_are_decided_at_a_time CHECK ((state = 'open'::text) = (decided_at IS NULL)),
  constraint doubts_exercise_no_in_range CHECK (exercise_no >= 0 AND exercise_no <= 1000),
  constraint doubts_rule_known CHECK (rule = ANY (ARRAY['many_reps'::text, 'too_heavy'::text, 'unit_slip'::text, 'digit_slip'::text, 'world_best'::text, 'e1rm_jump'::text, 'ratings_differ'::text, 'future'::text, 'double'::text, 'overlap'::text, 'long_session'::text, 'short_rests'::text, 'heart_rate'::text, 'two_devices'::text])),
  constraint doubts_set_no_in_range CHECK (set_no >= 0 AND set_no <= 1000),
  constraint doubts_state_known CHECK (state = ANY (ARRAY['open'::text, 'kept'::text, 'accepted'::text, 'fixed'::text, 'deleted'::text])),
  constraint doubts_unit_known CHECK (unit = ANY (ARRAY['kg'::text, 'reps'::text, 'h'::text, 'sets'::text, 'bpm'::text, 'rpe'::text])),
  constraint doubts_session_fkey FOREIGN KEY (session_id, athlete_id, local_on) REFERENCES sessions(id, athlete_id, local_on) ON UPDATE CASCADE ON DELETE CASCADE
);
comment on table doubts is 'What is unlikely, by rule: of a set, or with exercise_no 0 of a session. migrations/repeatable/session_doubts.sql';
comment on column doubts.clears_times is 'Whether the proposal is to forget when the sets were done.';
comment on column doubts.value is 'What was found, in unit; a decision holds as long as it stays.';
comment on column doubts.before is 'What was stored before the decision, for undoing it.';
CREATE INDEX doubts_list_idx ON doubts USING btree (athlete_id, (state = 'open'::text), id);
comment on index doubts_list_idx is 'queries/sessions/list_doubts.sql';
grant delete, insert, select, update on doubts to workouts_app;

create table email_changes (
  id             bigint generated always as identity not null,
  user_id        bigint not null,
  old_email      text not null,
  new_email      text not null,
  confirm_sha256 bytea,
  undo_sha256    bytea,
  asked_at       timestamp with time zone default now() not null,
  changed_at     timestamp with time zone,
  ended_at       timestamp with time zone,
  expires_at     timestamp with time zone not null,
  constraint email_changes_pkey PRIMARY KEY (id),
  constraint email_changes_confirm_sha256_is_sha256 CHECK (octet_length(confirm_sha256) = 32),
  constraint email_changes_new_email_is_normal CHECK ((new_email IS NFKC NORMALIZED)),
  constraint email_changes_new_email_is_short CHECK (length(new_email) <= 254),
  constraint email_changes_old_email_is_short CHECK (length(old_email) <= 254),
  constraint email_changes_undo_sha256_is_sha256 CHECK (octet_length(undo_sha256) = 32),
  constraint email_changes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
comment on table email_changes is 'Changes of address, pending or lately made; migrations/repeatable/email_changes.sql. Deleted when they expire.';
comment on column email_changes.confirm_sha256 is 'Of the newest token that was mailed to the new address.';
comment on column email_changes.undo_sha256 is 'Of the newest token that was mailed to the old address.';
comment on column email_changes.changed_at is 'Since when the new address counts; null: it has not answered.';
comment on column email_changes.ended_at is 'Since when it can be neither confirmed nor undone: the password was changed while it was pending, or it was undone.';
comment on column email_changes.expires_at is 'Until when it can be confirmed, or, once it is made, undone.';
CREATE UNIQUE INDEX email_changes_confirm_sha256_key ON email_changes USING btree (confirm_sha256);
comment on index email_changes_confirm_sha256_key is 'queries/auth/confirm_email.sql';
CREATE INDEX email_changes_expires_at_idx ON email_changes USING btree (expires_at);
comment on index email_changes_expires_at_idx is 'queries/jobs/delete_old_email_changes.sql';
CREATE INDEX email_changes_old_email_idx ON email_changes USING btree (lower(old_email));
comment on index email_changes_old_email_idx is 'hold_old_addresses()';
CREATE UNIQUE INDEX email_changes_undo_sha256_key ON email_changes USING btree (undo_sha256);
comment on index email_changes_undo_sha256_key is 'undo_email_change()';
CREATE INDEX email_changes_user_id_idx ON email_changes USING btree (user_id);
comment on index email_changes_user_id_idx is 'foreign key; void_mailed()';
grant delete, insert, select, update on email_changes to workouts_app;

create table erasures (
  id         bigint generated always as identity not null,
  user_id    bigint not null,
  erased_at  timestamp with time zone default now() not null,
  request_id text not null,
  deleted    json not null,
  anonymised json not null,
  constraint erasures_pkey PRIMARY KEY (id)
);
comment on table erasures is 'That an account was erased, and how many rows of which tables that took: a number, no person.';
comment on column erasures.user_id is 'Whose id it was; it is never given again.';
grant select on erasures to workouts_app;

create table exercise_aliases (
  exercise_id bigint not null,
  source      text default 'any'::text not null,
  alias       text not null,
  constraint exercise_aliases_pkey PRIMARY KEY (exercise_id, source, alias),
  constraint exercise_aliases_alias_is_1_to_200_long CHECK (length(alias) >= 1 AND length(alias) <= 200),
  constraint exercise_aliases_source_known CHECK (source = ANY (ARRAY['any'::text, 'hevy'::text, 'strong'::text, 'fitnotes'::text, 'fit'::text, 'gpx'::text, 'tcx'::text, 'own'::text, 'search'::text])),
  constraint exercise_aliases_exercise_id_fkey FOREIGN KEY (exercise_id) REFERENCES exercises(id) ON DELETE CASCADE
);
comment on table exercise_aliases is 'What an exercise is called elsewhere: what imports match by.';
comment on column exercise_aliases.source is 'Who calls it so; search: too little for an import to go by.';
CREATE UNIQUE INDEX exercise_aliases_alias_key ON exercise_aliases USING btree (source, lower(alias), exercise_id);
comment on index exercise_aliases_alias_key is 'queries/imports/match_import_exercises.sql';
CREATE INDEX exercise_aliases_catalogue_search_idx ON exercise_aliases USING gin (lower(alias) gin_trgm_ops) WHERE source <> 'own'::text;
comment on index exercise_aliases_catalogue_search_idx is 'migrations/repeatable/exercise_search.sql';
CREATE CONSTRAINT TRIGGER exercise_aliases_alias_can_be_read AFTER INSERT OR UPDATE ON exercise_aliases NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_name('alias');
CREATE TRIGGER exercise_aliases_raise_exercises AFTER INSERT OR DELETE ON exercise_aliases FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text) EXECUTE FUNCTION raise_version_above('exercises', 'exercise_id');
CREATE TRIGGER exercise_aliases_raise_exercises_on_update AFTER UPDATE ON exercise_aliases FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text AND old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION raise_version_above('exercises', 'exercise_id');
CREATE TRIGGER exercise_aliases_take_former_names AFTER INSERT ON exercise_aliases FOR EACH ROW WHEN (new.source = 'own'::text) EXECUTE FUNCTION take_former_name_for_alias();
grant delete, insert, select, update on exercise_aliases to workouts_app;

create table exercise_merges (
  exercise_id  bigint not null,
  session_ids  bigint[] not null,
  exercise_nos smallint[] not null,
  merged_at    timestamp with time zone default now() not null,
  constraint exercise_merges_pkey PRIMARY KEY (exercise_id),
  constraint exercise_merges_name_rows CHECK (cardinality(session_ids) = cardinality(exercise_nos)),
  constraint exercise_merges_exercise_id_fkey FOREIGN KEY (exercise_id) REFERENCES exercises(id) ON DELETE CASCADE
);
comment on table exercise_merges is 'What merges moved; migrations/repeatable/exercise_merges.sql. Where it went: exercises.merged_into.';
comment on column exercise_merges.session_ids is 'With exercise_nos, the rows of session_exercises that moved.';
grant delete, insert, select, update on exercise_merges to workouts_app;

create table exercise_muscle_shares (
  exercise_id bigint not null,
  code        text not null,
  share       double precision not null,
  constraint exercise_muscle_shares_pkey PRIMARY KEY (exercise_id, code) INCLUDE (share),
  constraint exercise_muscle_shares_share_in_range CHECK (share >= 0.000001::double precision AND share <= 1::double precision),
  constraint exercise_muscle_shares_code_fkey FOREIGN KEY (code) REFERENCES muscle_codes(code),
  constraint exercise_muscle_shares_exercise_id_fkey FOREIGN KEY (exercise_id) REFERENCES exercises(id) ON DELETE CASCADE
);
comment on table exercise_muscle_shares is 'The muscles of an exercise by code; exercise_muscles has them by the 18 names of before.';
comment on column exercise_muscle_shares.share is 'How much of a set counts for the muscle: direct 1, indirect 0.5.';
CREATE INDEX exercise_muscle_shares_code_idx ON exercise_muscle_shares USING btree (code);
comment on index exercise_muscle_shares_code_idx is 'foreign key';
CREATE TRIGGER exercise_muscle_shares_raise_exercises AFTER INSERT OR DELETE ON exercise_muscle_shares FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text) EXECUTE FUNCTION raise_version_above('exercises', 'exercise_id');
CREATE TRIGGER exercise_muscle_shares_raise_exercises_on_update AFTER UPDATE ON exercise_muscle_shares FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text AND old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION raise_version_above('exercises', 'exercise_id');
grant delete, insert, select, update on exercise_muscle_shares to workouts_app;

create table exercise_muscles (
  exercise_id bigint not null,
  muscle_id   smallint not null,
  share       double precision not null,
  constraint exercise_muscles_pkey PRIMARY KEY (exercise_id, muscle_id) INCLUDE (share),
  constraint exercise_muscles_share_in_range CHECK (share > 0::double precision AND share <= 1::double precision),
  constraint exercise_muscles_share_is_no_trifle CHECK (share >= 0.000001::double precision),
  constraint exercise_muscles_exercise_id_fkey FOREIGN KEY (exercise_id) REFERENCES exercises(id) ON DELETE CASCADE,
  constraint exercise_muscles_muscle_id_fkey FOREIGN KEY (muscle_id) REFERENCES muscles(id)
);
comment on column exercise_muscles.share is 'How much of a set counts for the muscle: primary 1, secondary 0.5.';
CREATE INDEX exercise_muscles_muscle_id_idx ON exercise_muscles USING btree (muscle_id);
comment on index exercise_muscles_muscle_id_idx is 'foreign key';
CREATE TRIGGER exercise_muscles_are_coded AFTER INSERT ON exercise_muscles REFERENCING NEW TABLE AS named FOR EACH STATEMENT EXECUTE FUNCTION code_muscles();
CREATE TRIGGER exercise_muscles_raise_exercises AFTER INSERT OR DELETE ON exercise_muscles FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text) EXECUTE FUNCTION raise_version_above('exercises', 'exercise_id');
CREATE TRIGGER exercise_muscles_raise_exercises_on_update AFTER UPDATE ON exercise_muscles FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text AND old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION raise_version_above('exercises', 'exercise_id');
grant delete, insert, select, update on exercise_muscles to workouts_app;

create table exercises (
  id                bigint generated always as identity not null,
  athlete_id        bigint,
  name              text not null,
  equipment         text default 'none'::text not null,
  category          text default 'strength'::text not null,
  mechanic          text,
  merged_into       bigint,
  is_archived       boolean default false not null,
  version           integer default 1 not null,
  created_at        timestamp with time zone default now() not null,
  updated_at        timestamp with time zone default now() not null,
  tracking          text default 'weight_reps'::text not null,
  bodyweight_factor double precision,
  is_per_hand       boolean default false not null,
  is_one_sided      boolean default false not null,
  former_names      text[] default '{}'::text[] not null,
  constraint exercises_pkey PRIMARY KEY (id),
  constraint exercises_bodyweight_factor_in_range CHECK (bodyweight_factor >= 0.01::double precision AND bodyweight_factor <= 1.5::double precision),
  constraint exercises_bodyweight_factor_is_of_bodyweight CHECK (bodyweight_factor IS NULL OR tracking = 'bodyweight_reps'::text),
  constraint exercises_category_known CHECK (category = ANY (ARRAY['strength'::text, 'bodyweight'::text, 'cardio'::text, 'mobility'::text, 'olympic'::text, 'plyometric'::text, 'other'::text])),
  constraint exercises_equipment_known CHECK (equipment = ANY (ARRAY['none'::text, 'barbell'::text, 'dumbbell'::text, 'kettlebell'::text, 'machine'::text, 'cable'::text, 'smith_machine'::text, 'band'::text, 'plate'::text, 'trap_bar'::text, 'ez_bar'::text, 'suspension'::text, 'medicine_ball'::text, 'exercise_ball'::text, 'cardio_machine'::text, 'other'::text])),
  constraint exercises_mechanic_known CHECK (mechanic = ANY (ARRAY['compound'::text, 'isolation'::text])),
  constraint exercises_name_is_1_to_200_long CHECK (length(name) >= 1 AND length(name) <= 200),
  constraint exercises_name_is_normal CHECK ((name IS NFKC NORMALIZED)),
  constraint exercises_not_merged_into_itself CHECK (merged_into <> id),
  constraint exercises_tracking_known CHECK (tracking = ANY (ARRAY['weight_reps'::text, 'reps'::text, 'bodyweight_reps'::text, 'time'::text, 'weight_time'::text, 'distance_time'::text, 'weight_distance'::text, 'custom'::text])),
  constraint exercises_athlete_id_fkey FOREIGN KEY (athlete_id) REFERENCES athletes(id) ON DELETE CASCADE,
  constraint exercises_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES exercises(id)
);
comment on column exercises.athlete_id is 'null: shared catalogue; else the one athlete who made it and sees it.';
comment on column exercises.tracking is 'What is recorded of a set. bodyweight_reps: the weight is added to the body''s, or helps (below 0).';
comment on column exercises.bodyweight_factor is 'The part of the bodyweight that is lifted; null: unknown.';
comment on column exercises.is_per_hand is 'A set''s weight is what one hand holds; the other holds as much at the same time.';
comment on column exercises.is_one_sided is 'One arm or leg works at a time; a set''s reps are those of one side.';
comment on column exercises.former_names is 'What it was called before, in lower case, the latest last; migrations/repeatable/former_names.sql';
CREATE INDEX exercises_catalogue_search_idx ON exercises USING gin (lower(name) gin_trgm_ops) WHERE athlete_id IS NULL;
comment on index exercises_catalogue_search_idx is 'migrations/repeatable/exercise_search.sql';
CREATE INDEX exercises_folded_name_idx ON exercises USING btree (athlete_id, COALESCE(NULLIF(btrim(replace(replace(translate(lower(name), '-‐‑'::text, '   '::text), '   '::text, ' '::text), '  '::text, ' '::text)), ''::text), lower(name))) WHERE athlete_id IS NOT NULL;
comment on index exercises_folded_name_idx is 'migrations/repeatable/former_names.sql';
CREATE INDEX exercises_former_names_idx ON exercises USING btree (COALESCE(athlete_id, 0::bigint)) WHERE former_names <> '{}'::text[];
comment on index exercises_former_names_idx is 'migrations/repeatable/exercise_names.sql, former_names.sql, exercise_search.sql';
CREATE INDEX exercises_merged_into_idx ON exercises USING btree (merged_into) WHERE merged_into IS NOT NULL;
comment on index exercises_merged_into_idx is 'foreign key';
CREATE UNIQUE INDEX exercises_name_key ON exercises USING btree (COALESCE(athlete_id, 0::bigint), lower(name));
comment on index exercises_name_key is 'queries/imports/match_import_exercises.sql, queries/exercises/create_exercise.sql';
CREATE INDEX exercises_own_names_idx ON exercises USING btree (athlete_id, id) INCLUDE (name) WHERE athlete_id IS NOT NULL;
comment on index exercises_own_names_idx is 'foreign key; migrations/repeatable/exercise_search.sql';
CREATE TRIGGER exercises_keep_former_names BEFORE INSERT OR UPDATE OF name ON exercises FOR EACH ROW WHEN (new.athlete_id IS NOT NULL) EXECUTE FUNCTION keep_former_name();
CREATE CONSTRAINT TRIGGER exercises_name_can_be_read AFTER INSERT OR UPDATE ON exercises NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_name('name');
CREATE TRIGGER exercises_version_rises BEFORE UPDATE ON exercises FOR EACH ROW WHEN (new.version = old.version) EXECUTE FUNCTION raise_version('{athlete_id,former_names}');
grant delete, insert, select, update on exercises to workouts_app;

create table idempotency_keys (
  user_id         bigint,
  key             text not null,
  digest          bytea not null,
  status          smallint,
  reply           json,
  created_at      timestamp with time zone default now() not null,
  person_id       bigint,
  registration_id bigint,
  owner_id        bigint default COALESCE((NULLIF(current_setting('app.user_id'::text, true), ''::text))::bigint, (0)::bigint) not null,
  constraint idempotency_keys_pkey PRIMARY KEY (key, owner_id),
  constraint idempotency_keys_digest_is_sha256 CHECK (octet_length(digest) = 32),
  constraint idempotency_keys_key_is_1_to_255_long CHECK (length(key) >= 1 AND length(key) <= 255),
  constraint idempotency_keys_owner_is_user CHECK (owner_id = COALESCE(user_id, 0::bigint)),
  constraint idempotency_keys_status_is_2xx CHECK (status >= 200 AND status <= 299),
  constraint idempotency_keys_person_id_fkey FOREIGN KEY (person_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint idempotency_keys_registration_id_fkey FOREIGN KEY (registration_id) REFERENCES registrations(id) ON DELETE CASCADE,
  constraint idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
comment on column idempotency_keys.user_id is 'null: asked before sign-in, as registration is.';
comment on column idempotency_keys.digest is 'sha256 of method, path, fields and file contents: the same key with another body is refused.';
comment on column idempotency_keys.reply is 'null with a status: had nothing to say, or held a secret and is never kept.';
comment on column idempotency_keys.person_id is 'Whom the reply is about, where that is not user_id: who registered, or whom an administrator made or changed.';
comment on column idempotency_keys.registration_id is 'The same of a registration that waits.';
comment on column idempotency_keys.owner_id is 'user_id, or 0: asked before sign-in. A primary key holds no null.';
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys USING btree (created_at);
comment on index idempotency_keys_created_at_idx is 'deleting keys after 30 days';
CREATE INDEX idempotency_keys_person_id_idx ON idempotency_keys USING btree (person_id) WHERE person_id IS NOT NULL;
comment on index idempotency_keys_person_id_idx is 'foreign key';
CREATE INDEX idempotency_keys_registration_id_idx ON idempotency_keys USING btree (registration_id) WHERE registration_id IS NOT NULL;
comment on index idempotency_keys_registration_id_idx is 'foreign key; queries/auth/confirm_email.sql';
CREATE INDEX idempotency_keys_user_id_idx ON idempotency_keys USING btree (user_id);
comment on index idempotency_keys_user_id_idx is 'foreign key';
grant delete, insert, select, update on idempotency_keys to workouts_app;

create unlogged table import_exercises (
  import_id        bigint not null,
  source_key       text not null,
  exercise_no      smallint not null,
  title            text not null,
  notes            text not null,
  started_at       timestamp with time zone not null,
  ended_at         timestamp with time zone,
  exercise_name    text not null,
  exercise_notes   text not null,
  superset         smallint,
  kinds            "char"[] not null,
  reps             smallint[],
  weights_kg       double precision[],
  distances_m      double precision[],
  durations_s      integer[],
  rpes             double precision[],
  are_turned       boolean[],
  order_is_guessed boolean default false not null,
  constraint import_exercises_pkey PRIMARY KEY (import_id, source_key, exercise_no)
);
comment on table import_exercises is 'Exercises of workouts on their way in, with their sets: filled by COPY, emptied by the same transaction.';
comment on column import_exercises.kinds is 'Of its sets, in their order, numbered from 1. So are the other arrays; one that is null has null for every set.';
comment on column import_exercises.are_turned is 'The weight was help: the file says -weight_kg.';
grant delete, insert, select, update on import_exercises to workouts_app;

create unlogged table import_sessions (
  import_id        bigint not null,
  source_key       text not null,
  known_key        text not null,
  session_id       bigint,
  fate             text not null,
  row_digest       bytea not null,
  started_at       timestamp with time zone not null,
  ended_at         timestamp with time zone,
  session_rpe      double precision,
  exercise_count   integer not null,
  set_count        integer not null,
  volume_kg        double precision not null,
  title            text not null,
  notes            text not null,
  order_is_guessed boolean default false not null,
  set_rating       double precision,
  constraint import_sessions_pkey PRIMARY KEY (import_id, source_key),
  constraint import_sessions_fate_known CHECK (fate = ANY (ARRAY['new'::text, 'same'::text, 'completed'::text, 'differs'::text, 'edited'::text, 'deleted'::text]))
);
comment on table import_sessions is 'Workouts of a file on their way in, and what becomes of each: emptied by the same transaction.';
comment on column import_sessions.source_key is 'As in import_exercises: the ordinal is that of the file.';
comment on column import_sessions.known_key is 'As in imported_sessions: the ordinal is the one that it keeps.';
comment on column import_sessions.set_rating is 'As in sessions.';
grant delete, insert, select, update on import_sessions to workouts_app;

create table imported_sessions (
  athlete_id       bigint not null,
  source           text not null,
  source_key       text not null,
  row_digest       bytea not null,
  session_id       bigint,
  import_id        bigint not null,
  order_is_guessed boolean default false not null,
  constraint imported_sessions_pkey PRIMARY KEY (athlete_id, source, source_key),
  constraint imported_sessions_row_digest_is_sha256 CHECK (octet_length(row_digest) = 32),
  constraint imported_sessions_athlete_id_fkey FOREIGN KEY (athlete_id) REFERENCES athletes(id) ON DELETE CASCADE,
  constraint imported_sessions_import_id_fkey FOREIGN KEY (import_id) REFERENCES imports(id) ON DELETE CASCADE,
  constraint imported_sessions_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE SET NULL
);
comment on column imported_sessions.source_key is 'The id in the source, else local start, title and ordinal.';
comment on column imported_sessions.order_is_guessed is 'Somebody had sorted the file: the order of its exercises, or of equal ones, is not that of the workout. A file in the order of its export replaces it.';
CREATE INDEX imported_sessions_import_id_idx ON imported_sessions USING btree (import_id);
comment on index imported_sessions_import_id_idx is 'foreign key';
CREATE INDEX imported_sessions_session_id_idx ON imported_sessions USING btree (session_id);
comment on index imported_sessions_session_id_idx is 'foreign key';
CREATE INDEX imported_sessions_workout_idx ON imported_sessions USING btree (athlete_id, source, regexp_replace(source_key, '\|[0-9]+$'::text, ''::text));
comment on index imported_sessions_workout_idx is 'queries/imports/stage_import_sessions.sql';
grant delete, insert, select, update on imported_sessions to workouts_app;

create table imports (
  id                 bigint generated always as identity not null,
  athlete_id         bigint not null,
  source             text not null,
  file_name          text default ''::text not null,
  file_sha256        bytea not null,
  file_bytes         bigint not null,
  zone               text not null,
  state              text default 'queued'::text not null,
  sessions_added     integer default 0 not null,
  sets_added         integer default 0 not null,
  exercises_added    integer default 0 not null,
  duplicates         integer default 0 not null,
  rejected           jsonb default '[]'::jsonb not null,
  notices            jsonb default '[]'::jsonb not null,
  created_at         timestamp with time zone default now() not null,
  finished_at        timestamp with time zone,
  undone_at          timestamp with time zone,
  sessions_completed integer default 0 not null,
  exercises          jsonb default '[]'::jsonb not null,
  constraint imports_pkey PRIMARY KEY (id),
  constraint imports_file_sha256_is_sha256 CHECK (octet_length(file_sha256) = 32),
  constraint imports_source_known CHECK (source = ANY (ARRAY['hevy'::text, 'strong'::text, 'fitnotes'::text, 'fit'::text, 'gpx'::text, 'tcx'::text, 'own'::text])),
  constraint imports_state_known CHECK (state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'previewed'::text, 'needs_mapping'::text, 'failed'::text, 'cancelled'::text, 'undone'::text])),
  constraint imports_athlete_id_fkey FOREIGN KEY (athlete_id) REFERENCES athletes(id) ON DELETE CASCADE
);
comment on column imports.rejected is 'What could not be taken: line and reason of each; the first thousand.';
comment on column imports.notices is 'What was decided on the way and should be known, such as hours that a clock change repeats.';
comment on column imports.exercises is 'Which names of the file became which exercises: the 500 with the most sets.';
CREATE INDEX imports_athlete_id_idx ON imports USING btree (athlete_id, id DESC);
comment on index imports_athlete_id_idx is 'foreign key; queries/imports/get_import.sql';
CREATE CONSTRAINT TRIGGER imports_zone_is_known AFTER INSERT OR UPDATE ON imports NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_zone();
grant delete, insert, select, update on imports to workouts_app;

create table invitations (
  id          bigint generated always as identity not null,
  kind        text not null,
  team_id     bigint,
  athlete_id  bigint,
  invited_by  bigint not null,
  email       text,
  code_sha256 bytea,
  uses_left   integer default 1 not null,
  created_at  timestamp with time zone default now() not null,
  expires_at  timestamp with time zone not null,
  constraint invitations_pkey PRIMARY KEY (id),
  constraint invitations_code_sha256_is_sha256 CHECK (octet_length(code_sha256) = 32),
  constraint invitations_email_is_an_address CHECK (email ~~ '_%@_%'::text AND length(email) <= 254),
  constraint invitations_kind_known CHECK (kind = ANY (ARRAY['owner'::text, 'coach'::text, 'athlete'::text, 'claim'::text])),
  constraint invitations_to_one_thing CHECK (num_nonnulls(team_id, athlete_id) = 1 AND (kind = 'claim'::text) = (athlete_id IS NOT NULL)),
  constraint invitations_uses_in_range CHECK (uses_left >= 0 AND uses_left <= 500),
  constraint invitations_athlete_id_fkey FOREIGN KEY (athlete_id) REFERENCES athletes(id) ON DELETE CASCADE,
  constraint invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES users(id) ON DELETE CASCADE,
  constraint invitations_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams(id) ON DELETE CASCADE
);
comment on table invitations is 'Who may join a team, or claim an athlete: whoever has the code.';
comment on column invitations.email is 'Where it is mailed; null: the code is handed on by whoever invites.';
comment on column invitations.code_sha256 is 'Of the code, which is shown once; of a mailed one from when it is sent.';
CREATE INDEX invitations_athlete_id_idx ON invitations USING btree (athlete_id) WHERE athlete_id IS NOT NULL;
comment on index invitations_athlete_id_idx is 'foreign key';
CREATE UNIQUE INDEX invitations_code_sha256_key ON invitations USING btree (code_sha256);
comment on index invitations_code_sha256_key is 'queries/invitations/find_invitation.sql, queries/invitations/accept_invitation.sql';
CREATE INDEX invitations_expires_at_idx ON invitations USING btree (expires_at);
comment on index invitations_expires_at_idx is 'deleting what expired long ago';
CREATE INDEX invitations_invited_by_idx ON invitations USING btree (invited_by);
comment on index invitations_invited_by_idx is 'foreign key; queries/invitations/list_invitations.sql';
CREATE INDEX invitations_team_id_idx ON invitations USING btree (team_id) WHERE team_id IS NOT NULL;
comment on index invitations_team_id_idx is 'foreign key; queries/invitations/list_invitations.sql';
CREATE TRIGGER record_audit AFTER INSERT OR DELETE OR UPDATE ON invitations FOR EACH ROW EXECUTE FUNCTION record_audit('id', 'email,code,code_sha256');
grant delete, insert, select, update on invitations to workouts_app;

create table laps (
  session_id             bigint not null,
  lap_no                 smallint not null,
  max_heart_rate_bpm     smallint,
  duration_s             double precision,
  distance_m             double precision,
  ascent_m               double precision,
  descent_m              double precision,
  average_heart_rate_bpm double precision,
  average_power_w        double precision,
  constraint laps_pkey PRIMARY KEY (session_id, lap_no),
  constraint laps_ascent_in_range CHECK (ascent_m = 0::double precision OR ascent_m >= 0.0001::double precision AND ascent_m <= 100000::double precision),
  constraint laps_average_heart_rate_at_most_max CHECK (average_heart_rate_bpm <= max_heart_rate_bpm::double precision),
  constraint laps_average_heart_rate_in_range CHECK (average_heart_rate_bpm >= 20::double precision AND average_heart_rate_bpm <= 250::double precision),
  constraint laps_average_power_in_range CHECK (average_power_w = 0::double precision OR average_power_w >= 0.1::double precision AND average_power_w <= 3000::double precision),
  constraint laps_descent_in_range CHECK (descent_m = 0::double precision OR descent_m >= 0.0001::double precision AND descent_m <= 100000::double precision),
  constraint laps_distance_in_range CHECK (distance_m = 0::double precision OR distance_m >= 0.0001::double precision AND distance_m <= 10000000::double precision),
  constraint laps_duration_in_range CHECK (duration_s = 0::double precision OR duration_s >= 0.1::double precision AND duration_s <= 864000::double precision),
  constraint laps_lap_no_in_range CHECK (lap_no >= 1 AND lap_no <= 1000),
  constraint laps_max_heart_rate_in_range CHECK (max_heart_rate_bpm >= 20 AND max_heart_rate_bpm <= 250),
  constraint laps_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE
);
comment on table laps is 'In the order of lap_no. Without copies of athlete and day, unlike sets: reports find sessions first. migrations/repeatable/laps.sql';
CREATE TRIGGER laps_keep_no_sums AFTER TRUNCATE ON laps FOR EACH STATEMENT EXECUTE FUNCTION keep_lap_sums();
CREATE TRIGGER laps_keep_sums_of_changed AFTER UPDATE ON laps REFERENCING NEW TABLE AS changed_laps FOR EACH STATEMENT EXECUTE FUNCTION keep_lap_sums();
CREATE TRIGGER laps_keep_sums_of_deleted AFTER DELETE ON laps REFERENCING OLD TABLE AS changed_laps FOR EACH STATEMENT EXECUTE FUNCTION keep_lap_sums();
CREATE TRIGGER laps_keep_sums_of_former AFTER UPDATE ON laps REFERENCING OLD TABLE AS changed_laps FOR EACH STATEMENT EXECUTE FUNCTION keep_lap_sums();
CREATE TRIGGER laps_keep_sums_of_new AFTER INSERT ON laps REFERENCING NEW TABLE AS changed_laps FOR EACH STATEMENT EXECUTE FUNCTION keep_lap_sums();
CREATE TRIGGER laps_raise_sessions AFTER INSERT OR DELETE ON laps FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text) EXECUTE FUNCTION raise_version_above('sessions', 'session_id');
CREATE TRIGGER laps_raise_sessions_on_update AFTER UPDATE ON laps FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text AND old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION raise_version_above('sessions', 'session_id');
grant delete, insert, select, update on laps to workouts_app;

create table logins (
  id            bigint generated always as identity not null,
  user_id       bigint not null,
  refresh_hash  bytea not null,
  refresh_count integer default 0 not null,
  device        text default ''::text not null,
  address       inet,
  created_at    timestamp with time zone default now() not null,
  refreshed_at  timestamp with time zone default now() not null,
  expires_at    timestamp with time zone not null,
  revoked_at    timestamp with time zone,
  revoked_why   text,
  previous_hash bytea,
  constraint logins_pkey PRIMARY KEY (id),
  constraint logins_device_is_short CHECK (length(device) <= 300),
  constraint logins_previous_hash_is_sha256 CHECK (octet_length(previous_hash) = 32),
  constraint logins_refresh_hash_is_sha256 CHECK (octet_length(refresh_hash) = 32),
  constraint logins_revoked_why_known CHECK (revoked_why = ANY (ARRAY['logout'::text, 'reuse'::text, 'password'::text, 'administrator'::text])),
  constraint logins_revoked_with_reason CHECK ((revoked_at IS NULL) = (revoked_why IS NULL)),
  constraint logins_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
) with (fillfactor=80);
comment on table logins is 'One row for each device and its family of refresh tokens; the guard looks here on every request.';
comment on column logins.refresh_hash is 'sha256 of the id (jti) of the newest refresh token.';
comment on column logins.refreshed_at is 'The last sign of life. Written at refresh, never by the guard: reads stay reads.';
comment on column logins.previous_hash is 'The same of the token that refreshed_at replaced: it answers for 60 s more.';
CREATE INDEX logins_expires_at_idx ON logins USING btree (expires_at);
comment on index logins_expires_at_idx is 'deleting what expired long ago';
CREATE INDEX logins_user_id_idx ON logins USING btree (user_id) WHERE revoked_at IS NULL;
comment on index logins_user_id_idx is 'foreign key; signing out everywhere';
grant delete, insert, select, update on logins to workouts_app;

create table muscle_codes (
  code         text not null,
  muscle_group text not null,
  muscle       text,
  is_usual     boolean default false not null,
  constraint muscle_codes_pkey PRIMARY KEY (code),
  constraint muscle_codes_group_known CHECK (muscle_group = ANY (ARRAY['chest'::text, 'shoulders'::text, 'arms'::text, 'back'::text, 'core'::text, 'legs'::text, 'neck'::text]))
);
comment on table muscle_codes is 'The 25 muscles, each in a group; a new one is a migration.';
comment on column muscle_codes.muscle is 'The name in muscles of which it is a part; null: of none.';
comment on column muscle_codes.is_usual is 'It stands for that name where only the name is known.';
grant select on muscle_codes to workouts_app;

create table muscles (
  id   smallint generated always as identity not null,
  name text not null,
  constraint muscles_pkey PRIMARY KEY (id),
  constraint muscles_name_key UNIQUE (name)
);
comment on table muscles is 'Muscle groups; filled by migrations/repeatable/exercise_catalogue.sql';
grant select on muscles to workouts_app;

create table registrations (
  id            bigint generated always as identity not null,
  email         text not null,
  username      text not null,
  full_name     text not null,
  zone          text not null,
  password_hash text not null,
  token_sha256  bytea,
  created_at    timestamp with time zone default now() not null,
  expires_at    timestamp with time zone not null,
  constraint registrations_pkey PRIMARY KEY (id),
  constraint registrations_email_is_normal CHECK ((email IS NFKC NORMALIZED)),
  constraint registrations_email_is_short CHECK (length(email) <= 254),
  constraint registrations_full_name_is_short CHECK (length(full_name) <= 200),
  constraint registrations_token_sha256_is_sha256 CHECK (octet_length(token_sha256) = 32),
  constraint registrations_username_has_no_at CHECK (username !~~ '%@%'::text),
  constraint registrations_username_is_2_to_64_long CHECK (length(username) >= 2 AND length(username) <= 64),
  constraint registrations_username_is_normal CHECK ((username IS NFKC NORMALIZED))
);
comment on table registrations is 'Who has registered and not yet confirmed their e-mail address (VERIFY_EMAIL): no user yet, but the username is held. Whether the address is taken cannot be seen from outside.';
comment on column registrations.token_sha256 is 'Of the newest token that was mailed; null: none was yet, or the address is a user''s already.';
CREATE INDEX registrations_email_idx ON registrations USING btree (lower(email));
comment on index registrations_email_idx is 'queries/mail/prepare_verification.sql';
CREATE INDEX registrations_expires_at_idx ON registrations USING btree (expires_at);
comment on index registrations_expires_at_idx is 'queries/jobs/delete_old_registrations.sql';
CREATE UNIQUE INDEX registrations_token_sha256_key ON registrations USING btree (token_sha256);
comment on index registrations_token_sha256_key is 'queries/auth/confirm_email.sql';
CREATE UNIQUE INDEX registrations_username_key ON registrations USING btree (lower(username));
comment on index registrations_username_key is 'queries/auth/request_registration.sql';
CREATE CONSTRAINT TRIGGER registrations_full_name_can_be_read AFTER INSERT OR UPDATE ON registrations NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_name('full_name');
CREATE CONSTRAINT TRIGGER registrations_username_can_be_read AFTER INSERT OR UPDATE ON registrations NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_name('username');
CREATE CONSTRAINT TRIGGER registrations_zone_is_known AFTER INSERT OR UPDATE ON registrations NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_zone();
grant delete, insert, select, update on registrations to workouts_app;

create table schema_as_migrated (
  object text not null,
  text   text not null,
  constraint schema_as_migrated_pkey PRIMARY KEY (object)
);
comment on table schema_as_migrated is 'The schema as the last migration left it, one row an object: `workouts db drift` compares with it.';
grant select on schema_as_migrated to workouts_app;
grant select on schema_as_migrated to workouts_dba;

create table schema_migrations (
  version     integer not null,
  name        text not null,
  sha256      text not null,
  applied_at  timestamp with time zone default clock_timestamp() not null,
  applied_by  text default SESSION_USER not null,
  duration_ms bigint not null,
  constraint schema_migrations_pkey PRIMARY KEY (version)
);
comment on table schema_migrations is 'The ledger: one row for each file of migrations/ that was applied, written in its own transaction.';
grant select on schema_migrations to workouts_app;
grant select on schema_migrations to workouts_dba;

create table schema_repeatables (
  name        text not null,
  sha256      text not null,
  applied_at  timestamp with time zone default clock_timestamp() not null,
  applied_by  text default SESSION_USER not null,
  duration_ms bigint not null,
  constraint schema_repeatables_pkey PRIMARY KEY (name)
);
comment on table schema_repeatables is 'The ledger of migrations/repeatable/: what each file looked like when it was last applied.';
grant select on schema_repeatables to workouts_app;
grant select on schema_repeatables to workouts_dba;

create table schema_unfinished (
  version         integer not null,
  direction       text not null,
  statements_done integer default 0 not null,
  sha256_done     text default ''::text not null,
  is_running      boolean default false not null,
  batch_after     text,
  batch_rows      bigint default 0 not null,
  started_at      timestamp with time zone default clock_timestamp() not null,
  started_by      text default SESSION_USER not null,
  constraint schema_unfinished_pkey PRIMARY KEY (version)
);
comment on table schema_unfinished is 'How far a transaction:false migration has come that has not come to its end; empty nearly always.';
grant select on schema_unfinished to workouts_app;
grant select on schema_unfinished to workouts_dba;

create table session_checks (
  session_id bigint not null,
  version    integer not null,
  constraint session_checks_pkey PRIMARY KEY (session_id),
  constraint session_checks_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE
);
comment on table session_checks is 'The version at which a session was looked through for doubts; queries/jobs/check_sessions.sql';
grant delete, insert, select, update on session_checks to workouts_app;

create table session_comments (
  id          bigint generated always as identity not null,
  athlete_id  bigint not null,
  session_id  bigint not null,
  author_id   bigint not null,
  local_on    date not null,
  exercise_no smallint default 0 not null,
  set_no      smallint default 0 not null,
  body        text not null,
  created_at  timestamp with time zone default now() not null,
  constraint session_comments_pkey PRIMARY KEY (id),
  constraint session_comments_body_is_1_to_5000_long CHECK (length(body) >= 1 AND length(body) <= 5000),
  constraint session_comments_exercise_no_in_range CHECK (exercise_no >= 0 AND exercise_no <= 1000),
  constraint session_comments_name_the_exercise_of_a_set CHECK (set_no = 0 OR exercise_no > 0),
  constraint session_comments_set_no_in_range CHECK (set_no >= 0 AND set_no <= 1000),
  constraint session_comments_author_id_fkey FOREIGN KEY (author_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint session_comments_session_fkey FOREIGN KEY (session_id, athlete_id, local_on) REFERENCES sessions(id, athlete_id, local_on) ON UPDATE CASCADE ON DELETE CASCADE
);
comment on table session_comments is 'exercise_no 0: about the session; set_no 0: about the exercise. queries/sessions/list_comments.sql';
CREATE INDEX session_comments_author_id_idx ON session_comments USING btree (author_id);
comment on index session_comments_author_id_idx is 'foreign key';
CREATE INDEX session_comments_list_idx ON session_comments USING btree (session_id, id);
comment on index session_comments_list_idx is 'queries/sessions/list_comments.sql; foreign key';
grant delete, insert, select, update on session_comments to workouts_app;

create table session_exercises (
  session_id  bigint not null,
  athlete_id  bigint not null,
  local_on    date not null,
  exercise_no smallint not null,
  "position"  smallint not null,
  exercise_id bigint not null,
  superset    smallint,
  notes       text default ''::text not null,
  constraint session_exercises_pkey PRIMARY KEY (session_id, exercise_no),
  constraint session_exercises_copied_into_sets UNIQUE (session_id, exercise_no, exercise_id, athlete_id, local_on),
  constraint session_exercises_exercise_no_in_range CHECK (exercise_no >= 1 AND exercise_no <= 1000),
  constraint session_exercises_notes_are_short CHECK (length(notes) <= 5000),
  constraint session_exercises_superset_in_range CHECK (superset >= 0 AND superset <= 1000),
  constraint session_exercises_exercise_id_fkey FOREIGN KEY (exercise_id) REFERENCES exercises(id),
  constraint session_exercises_session_fkey FOREIGN KEY (session_id, athlete_id, local_on) REFERENCES sessions(id, athlete_id, local_on) ON UPDATE CASCADE ON DELETE CASCADE
);
comment on table session_exercises is 'athlete_id and local_on are the session''s, passed on to its sets.';
comment on column session_exercises.exercise_no is 'Stable in its session, chosen by the writer; order is position.';
CREATE INDEX session_exercises_found_by_exercise_idx ON session_exercises USING btree (exercise_id, athlete_id, session_id);
comment on index session_exercises_found_by_exercise_idx is 'foreign key; queries/sessions/find_sessions.sql, find_athlete_sessions.sql with exercise_id';
CREATE TRIGGER session_exercises_raise_sessions AFTER INSERT OR DELETE ON session_exercises FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text) EXECUTE FUNCTION raise_version_above('sessions', 'session_id');
CREATE TRIGGER session_exercises_raise_sessions_on_update AFTER UPDATE ON session_exercises FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text AND old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION raise_version_above('sessions', 'session_id');
grant delete, insert, select, update on session_exercises to workouts_app;

create table sessions (
  id                     bigint generated always as identity not null,
  athlete_id             bigint not null,
  started_at             timestamp with time zone not null,
  ended_at               timestamp with time zone,
  local_on               date not null,
  version                integer default 1 not null,
  rpe                    numeric(3,1),
  status                 text default 'done'::text not null,
  exercise_count         smallint default 0 not null,
  set_count              smallint default 0 not null,
  volume_kg              double precision default 0 not null,
  import_id              bigint,
  import_version         integer,
  zone                   text not null,
  title                  text default ''::text not null,
  notes                  text default ''::text not null,
  client_key             uuid,
  created_at             timestamp with time zone default now() not null,
  updated_at             timestamp with time zone default now() not null,
  end_is_guessed         boolean default false not null,
  last_exercise_no       smallint default 0 not null,
  sport                  text,
  moving_time_s          integer,
  distance_m             double precision,
  ascent_m               double precision,
  descent_m              double precision,
  average_heart_rate_bpm double precision,
  max_heart_rate_bpm     smallint,
  average_power_w        double precision,
  normalized_power_w     double precision,
  set_rating             double precision,
  set_rating_version     integer,
  laps_s                 double precision,
  lap_durations_s        double precision[],
  lap_heart_rates_bpm    double precision[],
  laps_effort            double precision,
  constraint sessions_pkey PRIMARY KEY (id),
  constraint sessions_copied_into_sets UNIQUE (id, athlete_id, local_on),
  constraint sessions_ascent_in_range CHECK (ascent_m = 0::double precision OR ascent_m >= 0.0001::double precision AND ascent_m <= 100000::double precision),
  constraint sessions_average_heart_rate_at_most_max CHECK (average_heart_rate_bpm <= max_heart_rate_bpm::double precision),
  constraint sessions_average_heart_rate_in_range CHECK (average_heart_rate_bpm >= 20::double precision AND average_heart_rate_bpm <= 250::double precision),
  constraint sessions_average_power_in_range CHECK (average_power_w = 0::double precision OR average_power_w >= 0.1::double precision AND average_power_w <= 3000::double precision),
  constraint sessions_descent_in_range CHECK (descent_m = 0::double precision OR descent_m >= 0.0001::double precision AND descent_m <= 100000::double precision),
  constraint sessions_distance_in_range CHECK (distance_m = 0::double precision OR distance_m >= 0.0001::double precision AND distance_m <= 10000000::double precision),
  constraint sessions_end_after_start CHECK (ended_at >= started_at),
  constraint sessions_last_at_most_10_days CHECK (ended_at <= (started_at + '10 days'::interval)),
  constraint sessions_local_on_near_start CHECK (local_on >= ((started_at AT TIME ZONE 'UTC'::text)::date - 1) AND local_on <= ((started_at AT TIME ZONE 'UTC'::text)::date + 1)),
  constraint sessions_max_heart_rate_in_range CHECK (max_heart_rate_bpm >= 20 AND max_heart_rate_bpm <= 250),
  constraint sessions_moving_time_in_range CHECK (moving_time_s >= 0 AND moving_time_s <= 864000),
  constraint sessions_moving_time_within_duration CHECK (end_is_guessed OR moving_time_s::numeric <= (EXTRACT(epoch FROM ended_at - started_at) + 60::numeric)),
  constraint sessions_normalized_power_in_range CHECK (normalized_power_w = 0::double precision OR normalized_power_w >= 0.1::double precision AND normalized_power_w <= 3000::double precision),
  constraint sessions_notes_are_short CHECK (length(notes) <= 20000),
  constraint sessions_rpe_between_0_and_10 CHECK (rpe >= 0::numeric AND rpe <= 10::numeric),
  constraint sessions_sport_known CHECK (sport = ANY (ARRAY['strength'::text, 'running'::text, 'trail_running'::text, 'cycling'::text, 'indoor_cycling'::text, 'swimming'::text, 'rowing'::text, 'walking'::text, 'hiking'::text, 'skiing'::text, 'other'::text])),
  constraint sessions_start_in_range CHECK (started_at >= '1900-01-01 00:00:00+00'::timestamp with time zone AND started_at < '2200-01-01 00:00:00+00'::timestamp with time zone),
  constraint sessions_status_known CHECK (status = ANY (ARRAY['planned'::text, 'in_progress'::text, 'done'::text])),
  constraint sessions_title_is_short CHECK (length(title) <= 200),
  constraint sessions_volume_is_finite CHECK (volume_kg >= 0::double precision AND volume_kg < '1000000000000'::numeric::double precision),
  constraint sessions_athlete_id_fkey FOREIGN KEY (athlete_id) REFERENCES athletes(id) ON DELETE CASCADE,
  constraint sessions_import_id_fkey FOREIGN KEY (import_id) REFERENCES imports(id) ON DELETE SET NULL
) with (fillfactor=90);
comment on column sessions.local_on is 'The day on the athlete''s calendar: started_at in zone.';
comment on column sessions.exercise_count is 'Copies, kept by the statement that writes the sets; warm-ups count as sets, not as volume.';
comment on column sessions.import_version is 'The version right after import: a higher one was edited since.';
comment on column sessions.end_is_guessed is 'The session was forgotten: ended_at is 5 minutes after its last set.';
comment on column sessions.last_exercise_no is 'The highest exercise_no that was taken out; those of sets are in set_edits. migrations/repeatable/session_numbers.sql';
comment on column sessions.moving_time_s is 'Without breaks. Up to a minute more than the session lasted: clocks and sensors start apart.';
comment on column sessions.distance_m is 'As recorded for the whole session. No sum of its sets or laps.';
comment on column sessions.normalized_power_w is 'The fourth root of the mean fourth power of 30-second means, as devices compute it.';
comment on column sessions.set_rating is 'A copy: the mean of rating_of_set() of the session''s sets; null where none has one. queries/reports/training_load.sql';
comment on column sessions.set_rating_version is 'The version of which set_rating is: with another one, or null, it is not known.';
comment on column sessions.laps_s is 'A copy: the time of the laps, 0 without laps. Null: not known, and neither are the other three. lap_sums() in migrations/repeatable/session_laps.sql';
comment on column sessions.lap_durations_s is 'A copy, in order; null unless each lap has a heart rate.';
comment on column sessions.lap_heart_rates_bpm is 'A copy, in order; null unless each lap has one.';
comment on column sessions.laps_effort is 'A copy: the sum of graded distance² / time; null unless each lap has a course. Of rtss.';
CREATE UNIQUE INDEX sessions_client_key_unique ON sessions USING btree (athlete_id, client_key) WHERE client_key IS NOT NULL;
comment on index sessions_client_key_unique is 'queries/sessions/create_session.sql';
CREATE INDEX sessions_days_idx ON sessions USING btree (athlete_id, local_on, id);
comment on index sessions_days_idx is 'queries/reports/training_report.sql';
CREATE INDEX sessions_import_id_idx ON sessions USING btree (import_id) WHERE import_id IS NOT NULL;
comment on index sessions_import_id_idx is 'foreign key';
CREATE INDEX sessions_list_idx ON sessions USING btree (athlete_id, started_at DESC, id DESC);
comment on index sessions_list_idx is 'queries/sessions/list_sessions.sql';
CREATE UNIQUE INDEX sessions_one_in_progress_key ON sessions USING btree (athlete_id) WHERE status = 'in_progress'::text;
comment on index sessions_one_in_progress_key is 'one live session at a time';
CREATE INDEX sessions_unfinished_idx ON sessions USING btree (athlete_id, local_on) WHERE status <> 'done'::text;
comment on index sessions_unfinished_idx is 'counted_sets(): which days are read by session';
CREATE TRIGGER sessions_client_key_is_new AFTER INSERT ON sessions FOR EACH ROW WHEN (new.client_key IS NOT NULL) EXECUTE FUNCTION hold_client_key();
CREATE TRIGGER sessions_client_key_is_remembered AFTER DELETE ON sessions FOR EACH ROW WHEN (old.client_key IS NOT NULL) EXECUTE FUNCTION remember_client_key();
CREATE TRIGGER sessions_start_ends_forgotten BEFORE INSERT OR UPDATE OF status ON sessions FOR EACH ROW WHEN (new.status = 'in_progress'::text) EXECUTE FUNCTION end_what_was_forgotten();
CREATE TRIGGER sessions_version_rises BEFORE UPDATE ON sessions FOR EACH ROW WHEN (new.version = old.version) EXECUTE FUNCTION raise_version('{athlete_id,import_version,last_exercise_no,set_rating,set_rating_version,laps_s,lap_durations_s,lap_heart_rates_bpm,laps_effort}');
CREATE CONSTRAINT TRIGGER sessions_zone_is_known AFTER INSERT OR UPDATE ON sessions NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_zone();
grant delete, insert, select, update on sessions to workouts_app;

create table set_edits (
  session_id     bigint not null,
  exercise_no    smallint not null,
  set_no         smallint not null,
  version        integer not null,
  device         text,
  seen           jsonb default '{}'::jsonb not null,
  device_done_at timestamp with time zone,
  constraint set_edits_pkey PRIMARY KEY (session_id, exercise_no, set_no),
  constraint set_edits_device_is_short CHECK (length(device) <= 36),
  constraint set_edits_exercise_no_in_range CHECK (exercise_no >= 1 AND exercise_no <= 1000),
  constraint set_edits_set_no_in_range CHECK (set_no >= 1 AND set_no <= 1000),
  constraint set_edits_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE
) with (fillfactor=90);
comment on table set_edits is 'One row a set that was written alone or replaced; without its row in sets, it was deleted. queries/sessions/write_sets.sql';
comment on column set_edits.version is 'The session''s version that this change made.';
comment on column set_edits.device is 'Who wrote it last; null: a request that named no device.';
comment on column set_edits.seen is 'The highest number that came from each device: an older one never wins.';
comment on column set_edits.device_done_at is 'What the device''s clock said, where done_at was corrected.';
grant delete, insert, select, update on set_edits to workouts_app;

create table sets (
  session_id  bigint not null,
  athlete_id  bigint not null,
  exercise_id bigint not null,
  local_on    date not null,
  exercise_no smallint not null,
  set_no      smallint not null,
  "position"  smallint not null,
  reps        smallint,
  duration_s  integer,
  kind        "char" default 'n'::"char" not null,
  rir         smallint,
  weight_kg   double precision,
  distance_m  double precision,
  rpe         numeric(3,1),
  notes       text,
  done_at     timestamp with time zone,
  drop_of     smallint,
  side        text,
  tempo       text,
  constraint sets_pkey PRIMARY KEY (session_id, exercise_no, set_no),
  constraint sets_distance_in_range CHECK (distance_m >= 0::double precision AND distance_m <= 10000000::double precision),
  constraint sets_distance_is_no_trifle CHECK (distance_m = 0::double precision OR distance_m >= 0.00005::double precision),
  constraint sets_done_at_in_range CHECK (done_at >= '2000-01-01 00:00:00+00'::timestamp with time zone AND done_at < '2200-01-01 00:00:00+00'::timestamp with time zone),
  constraint sets_drop_of_is_another_set CHECK (drop_of IS NULL OR drop_of >= 1 AND drop_of <= 1000 AND drop_of <> set_no AND (kind = ANY (ARRAY['d'::"char", 'D'::"char", 'e'::"char"]))),
  constraint sets_duration_in_range CHECK (duration_s >= 0 AND duration_s <= 864000),
  constraint sets_kind_known CHECK (kind = ANY (ARRAY['n'::"char", 'w'::"char", 'd'::"char", 'f'::"char", 'a'::"char", 'o'::"char", 'x'::"char", 'e'::"char", 'g'::"char", 'b'::"char", 'N'::"char", 'W'::"char", 'D'::"char", 'F'::"char", 'A'::"char"])),
  constraint sets_notes_are_short CHECK (length(notes) <= 5000),
  constraint sets_reps_in_range CHECK (reps >= 0 AND reps <= 9999),
  constraint sets_rir_in_range CHECK (rir >= 0 AND rir <= 20),
  constraint sets_rpe_between_1_and_10 CHECK (rpe >= 1::numeric AND rpe <= 10::numeric AND (rpe * 2::numeric) = trunc(rpe * 2::numeric)),
  constraint sets_set_no_in_range CHECK (set_no >= 1 AND set_no <= 1000),
  constraint sets_side_known CHECK (side = ANY (ARRAY['left'::text, 'right'::text, 'both'::text])),
  constraint sets_tempo_has_four_parts CHECK (tempo ~ '^([0-9]{1,2}|X)(-([0-9]{1,2}|X)){3}$'::text),
  constraint sets_weight_in_range CHECK (weight_kg >= '-500'::integer::double precision AND weight_kg <= 2000::double precision),
  constraint sets_weight_is_no_trifle CHECK (weight_kg = 0::double precision OR abs(weight_kg) >= 0.00005::double precision),
  constraint sets_exercise_fkey FOREIGN KEY (session_id, exercise_no, exercise_id, athlete_id, local_on) REFERENCES session_exercises(session_id, exercise_no, exercise_id, athlete_id, local_on) ON UPDATE CASCADE ON DELETE CASCADE
) with (autovacuum_analyze_scale_factor=0.01, autovacuum_vacuum_insert_scale_factor=0, autovacuum_vacuum_insert_threshold=100000, autovacuum_vacuum_scale_factor=0.01, fillfactor=95);
comment on table sets is 'athlete_id, exercise_id and local_on are copies for the statistics; the composite foreign keys hold them true: one a set, by way of its exercise, since each costs an insert as much as the row itself.';
alter table sets alter column athlete_id set statistics 1000;
comment on column sets.kind is 'n normal, w warm-up, d drop set, f to failure, a as many reps as possible. A capital: planned, not done yet. The next letter (o, x, e, g, b): doubtful, so that it sets no record. The index of the statistics holds the kind, so reports leave such sets out without another column.';
comment on column sets.weight_kg is 'Negative: assistance.';
comment on column sets.done_at is 'By the server''s clock: corrected where the device''s clock was wrong.';
comment on column sets.drop_of is 'The set_no of the set that a drop set follows. That set may arrive later, or be deleted.';
comment on column sets.tempo is 'Seconds of lowering, pause, lifting, pause; X: as fast as possible.';
CREATE INDEX sets_statistics_idx ON sets USING btree (athlete_id, exercise_id, local_on) INCLUDE (kind, weight_kg, reps);
comment on index sets_statistics_idx is 'queries/reports/training_report.sql, index-only';
CREATE TRIGGER sets_raise_sessions AFTER INSERT OR DELETE ON sets FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text) EXECUTE FUNCTION raise_version_above('sessions', 'session_id');
CREATE TRIGGER sets_raise_sessions_on_update AFTER UPDATE ON sets FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text AND old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION raise_version_above('sessions', 'session_id');
grant delete, insert, select, update on sets to workouts_app;

create table team_athletes (
  id            bigint generated always as identity not null,
  team_id       bigint not null,
  athlete_id    bigint not null,
  athlete_name  text not null,
  joined_on     date not null,
  left_on       date,
  keeps_history boolean default true not null,
  member_days   daterange generated always as (
CASE
    WHEN ((left_on IS NULL) OR (left_on >= joined_on)) THEN daterange(joined_on, left_on, '[)'::text)
    ELSE NULL::daterange
END) stored,
  constraint team_athletes_pkey PRIMARY KEY (id),
  constraint team_athletes_name_once_a_day EXCLUDE USING gist (team_id WITH =, lower(athlete_name) WITH =, member_days WITH &&),
  constraint team_athletes_once_a_day EXCLUDE USING gist (team_id WITH =, athlete_id WITH =, member_days WITH &&),
  constraint team_athletes_days_in_range CHECK (joined_on >= '1900-01-01'::date AND joined_on <= '2200-01-01'::date AND left_on >= '1900-01-01'::date AND left_on <= '2200-01-01'::date),
  constraint team_athletes_left_after_joined CHECK (left_on >= joined_on),
  constraint team_athletes_athlete_id_fkey FOREIGN KEY (athlete_id, athlete_name) REFERENCES athletes(id, name) ON UPDATE CASCADE ON DELETE CASCADE,
  constraint team_athletes_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams(id) ON DELETE CASCADE
);
comment on table team_athletes is 'One row a stay: migrations/repeatable/visibility.sql says what it lets coaches see.';
comment on column team_athletes.athlete_name is 'A copy, held true by the foreign key: no two athletes of a name are in a team at a time.';
comment on column team_athletes.left_on is 'The first day on which the athlete is not in the team any more; null: still in it.';
comment on column team_athletes.keeps_history is 'After leaving: whether those who coached the athlete then go on seeing these days. The athlete''s choice.';
CREATE INDEX team_athletes_athlete_id_idx ON team_athletes USING btree (athlete_id, team_id);
comment on index team_athletes_athlete_id_idx is 'foreign key; migrations/repeatable/visibility.sql for one athlete';
CREATE INDEX team_athletes_team_id_idx ON team_athletes USING btree (team_id, athlete_id);
comment on index team_athletes_team_id_idx is 'foreign key; queries/teams/get_team.sql, queries/athletes/list_athletes.sql';
CREATE TRIGGER record_audit AFTER INSERT OR DELETE OR UPDATE ON team_athletes FOR EACH ROW EXECUTE FUNCTION record_audit('id', 'athlete_name');
CREATE TRIGGER team_athletes_raise_teams AFTER INSERT OR DELETE ON team_athletes FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text) EXECUTE FUNCTION raise_version_above('teams', 'team_id');
CREATE TRIGGER team_athletes_raise_teams_on_update AFTER UPDATE ON team_athletes FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text AND old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION raise_version_above('teams', 'team_id');
grant delete, insert, select, update on team_athletes to workouts_app;

create table team_members (
  team_id   bigint not null,
  user_id   bigint not null,
  role      text not null,
  joined_on date default ((now() AT TIME ZONE 'UTC'::text))::date not null,
  constraint team_members_pkey PRIMARY KEY (user_id, team_id),
  constraint team_members_role_known CHECK (role = ANY (ARRAY['owner'::text, 'coach'::text])),
  constraint team_members_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams(id) ON DELETE CASCADE,
  constraint team_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
comment on table team_members is 'Who coaches the team''s athletes; an owner also decides about the team. The key goes from the viewer outwards.';
comment on column team_members.joined_on is 'Who came after an athlete had left was never their coach.';
CREATE INDEX team_members_team_id_idx ON team_members USING btree (team_id);
comment on index team_members_team_id_idx is 'foreign key; queries/teams/get_team.sql';
CREATE TRIGGER record_audit AFTER INSERT OR DELETE OR UPDATE ON team_members FOR EACH ROW EXECUTE FUNCTION record_audit('user_id,team_id', '');
CREATE TRIGGER team_members_raise_teams AFTER INSERT OR DELETE ON team_members FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text) EXECUTE FUNCTION raise_version_above('teams', 'team_id');
CREATE TRIGGER team_members_raise_teams_on_update AFTER UPDATE ON team_members FOR EACH ROW WHEN (COALESCE(current_setting('app.request_id'::text, true), ''::text) = ''::text AND old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION raise_version_above('teams', 'team_id');
grant delete, insert, select, update on team_members to workouts_app;

create table teams (
  id           bigint generated always as identity not null,
  name         text not null,
  headquarters text default ''::text not null,
  version      integer default 1 not null,
  created_at   timestamp with time zone default now() not null,
  updated_at   timestamp with time zone default now() not null,
  constraint teams_pkey PRIMARY KEY (id),
  constraint teams_headquarters_is_short CHECK (length(headquarters) <= 200),
  constraint teams_name_is_1_to_100_long CHECK (length(name) >= 1 AND length(name) <= 100),
  constraint teams_name_is_normal CHECK ((name IS NFKC NORMALIZED))
);
comment on table teams is 'Who coaches whom: queries/teams/get_team.sql';
CREATE UNIQUE INDEX teams_name_key ON teams USING btree (lower(name));
comment on index teams_name_key is 'a team''s name is taken once; queries/teams/create_team.sql';
CREATE TRIGGER record_audit AFTER INSERT OR DELETE OR UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION record_audit('id', '');
CREATE CONSTRAINT TRIGGER teams_headquarters_can_be_read AFTER INSERT OR UPDATE ON teams NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_name('headquarters');
CREATE CONSTRAINT TRIGGER teams_name_can_be_read AFTER INSERT OR UPDATE ON teams NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_name('name');
CREATE TRIGGER teams_version_rises BEFORE UPDATE ON teams FOR EACH ROW WHEN (new.version = old.version) EXECUTE FUNCTION raise_version('{}');
grant delete, insert, select, update on teams to workouts_app;

create unlogged table throttles (
  key     bytea not null,
  level   double precision not null,
  last_at timestamp with time zone not null,
  constraint throttles_pkey PRIMARY KEY (key),
  constraint throttles_key_is_sha256 CHECK (octet_length(key) = 32),
  constraint throttles_level_is_not_negative CHECK (level >= 0::double precision)
) with (fillfactor=70);
comment on table throttles is 'How much was guessed or mailed lately, by account, by address, by both; migrations/repeatable/throttles.sql. A crash may empty it.';
comment on column throttles.level is 'Wrong guesses or mails, draining with time.';
grant delete, insert, select, update on throttles to workouts_app;

create table user_days (
  created_on date not null,
  slot       smallint not null,
  users      integer not null,
  active     integer not null,
  superusers integer not null,
  constraint user_days_pkey PRIMARY KEY (created_on, slot)
) with (fillfactor=50);
comment on table user_days is 'Users by the day in UTC on which they were made: the sum over slots. queries/administration/get_stats.sql';
comment on column user_days.slot is 'Writers spread over four rows, so that seldom one waits for another. A single one may be negative.';
grant select on user_days to workouts_app;

create table user_tokens (
  sha256     bytea not null,
  user_id    bigint not null,
  purpose    text not null,
  email      text not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  used_at    timestamp with time zone,
  constraint user_tokens_pkey PRIMARY KEY (sha256),
  constraint user_tokens_email_is_normal CHECK ((email IS NFKC NORMALIZED)),
  constraint user_tokens_email_is_short CHECK (length(email) <= 254),
  constraint user_tokens_purpose_known CHECK (purpose = ANY (ARRAY['reset_password'::text, 'verify_email'::text])),
  constraint user_tokens_sha256_is_sha256 CHECK (octet_length(sha256) = 32),
  constraint user_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
comment on table user_tokens is 'Tokens that were mailed, each for one use; the worker makes them when it sends, and only their digests are kept.';
comment on column user_tokens.email is 'Where it was sent: what a verification confirms.';
CREATE INDEX user_tokens_expires_at_idx ON user_tokens USING btree (expires_at);
comment on index user_tokens_expires_at_idx is 'queries/jobs/delete_old_tokens.sql';
CREATE INDEX user_tokens_user_id_idx ON user_tokens USING btree (user_id, purpose);
comment on index user_tokens_user_id_idx is 'foreign key; queries/auth/change_password.sql, queries/auth/reset_password.sql';
grant delete, insert, select, update on user_tokens to workouts_app;

create table users (
  id                bigint generated always as identity not null,
  email             text not null,
  username          text not null,
  full_name         text default ''::text not null,
  password_hash     text,
  is_active         boolean default true not null,
  is_superuser      boolean default false not null,
  version           integer default 1 not null,
  created_at        timestamp with time zone default now() not null,
  updated_at        timestamp with time zone default now() not null,
  email_verified_at timestamp with time zone,
  constraint users_pkey PRIMARY KEY (id),
  constraint users_email_has_an_at CHECK (email ~~ '_%@_%'::text),
  constraint users_email_is_normal CHECK ((email IS NFKC NORMALIZED)),
  constraint users_email_is_short CHECK (length(email) <= 254),
  constraint users_full_name_is_short CHECK (length(full_name) <= 200),
  constraint users_username_has_no_at CHECK (username !~~ '%@%'::text),
  constraint users_username_is_2_to_64_long CHECK (length(username) >= 2 AND length(username) <= 64),
  constraint users_username_is_normal CHECK ((username IS NFKC NORMALIZED))
);
comment on table users is 'Who can sign in. Sign-in is by e-mail or username; a username has no @, so that the two never meet.';
comment on column users.password_hash is 'argon2id, or bcrypt from an older system until the next sign-in; null: invited and not yet claimed.';
comment on column users.email_verified_at is 'When its owner answered a mail sent there; null: nobody has.';
CREATE INDEX users_created_at_idx ON users USING btree (created_at DESC, id DESC);
comment on index users_created_at_idx is 'queries/administration/list_newest_users.sql, list_oldest_users.sql';
CREATE UNIQUE INDEX users_email_key ON users USING btree (lower(email));
comment on index users_email_key is 'queries/auth/find_user_for_login.sql, queries/auth/register_user.sql';
CREATE INDEX users_inactive_idx ON users USING btree (created_at DESC, id DESC) WHERE NOT is_active;
comment on index users_inactive_idx is 'queries/administration/list_newest_users.sql and its like, with is_active=false: they are few';
CREATE INDEX users_search_idx ON users USING gin (lower((((username || ' '::text) || email) || ' '::text) || full_name) gin_trgm_ops);
comment on index users_search_idx is 'queries/administration/list_newest_users.sql and its like, with search';
CREATE INDEX users_superusers_idx ON users USING btree (created_at DESC, id DESC) WHERE is_superuser;
comment on index users_superusers_idx is 'queries/administration/list_newest_users.sql and its like, with is_superuser=true: they are few; keep_a_superuser()';
CREATE UNIQUE INDEX users_username_key ON users USING btree (lower(username));
comment on index users_username_key is 'queries/auth/find_user_for_login.sql, queries/auth/register_user.sql';
CREATE TRIGGER count_changed_users AFTER UPDATE ON users REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION count_users();
CREATE TRIGGER count_deleted_users AFTER DELETE ON users REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION count_users();
CREATE TRIGGER count_new_users AFTER INSERT ON users REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION count_users();
CREATE TRIGGER count_no_users AFTER TRUNCATE ON users FOR EACH STATEMENT EXECUTE FUNCTION count_users();
CREATE TRIGGER hold_old_addresses_when_changed AFTER UPDATE OF email ON users FOR EACH ROW WHEN (lower(old.email) <> lower(new.email)) EXECUTE FUNCTION hold_old_addresses();
CREATE TRIGGER hold_old_addresses_when_made AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION hold_old_addresses();
CREATE TRIGGER keep_a_superuser_when_changed AFTER UPDATE ON users FOR EACH ROW WHEN (old.is_superuser AND old.is_active AND NOT (new.is_superuser AND new.is_active)) EXECUTE FUNCTION keep_a_superuser();
CREATE TRIGGER keep_a_superuser_when_deleted AFTER DELETE ON users FOR EACH ROW WHEN (old.is_superuser AND old.is_active) EXECUTE FUNCTION keep_a_superuser();
CREATE TRIGGER record_audit AFTER INSERT OR DELETE OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION record_audit('id', 'password_hash');
CREATE TRIGGER refuse_twin_of_address_when_changed AFTER UPDATE OF email ON users FOR EACH ROW WHEN (new.email ~~* '%@%xn--%'::text AND lower(old.email) <> lower(new.email)) EXECUTE FUNCTION refuse_twin_of_address();
CREATE TRIGGER refuse_twin_of_address_when_made AFTER INSERT ON users FOR EACH ROW WHEN (new.email ~~* '%@%xn--%'::text) EXECUTE FUNCTION refuse_twin_of_address();
CREATE CONSTRAINT TRIGGER users_full_name_can_be_read AFTER INSERT OR UPDATE ON users NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_name('full_name');
CREATE TRIGGER users_hand_over_before_delete BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION hand_over_before_delete();
CREATE CONSTRAINT TRIGGER users_username_can_be_read AFTER INSERT OR UPDATE ON users NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION hold_name('username');
CREATE TRIGGER users_version_rises BEFORE UPDATE ON users FOR EACH ROW WHEN (new.version = old.version) EXECUTE FUNCTION raise_version('{password_hash}');
grant delete, insert, select, update on users to workouts_app;

create table value_kinds (
  code       text not null,
  unit       text not null,
  lowest     double precision not null,
  highest    double precision not null,
  is_whole   boolean default false not null,
  instrument text,
  better     text,
  constraint value_kinds_pkey PRIMARY KEY (code),
  constraint value_kinds_better_known CHECK (better = ANY (ARRAY['higher'::text, 'lower'::text])),
  constraint value_kinds_range_is_one CHECK (lowest < highest)
);
comment on table value_kinds is 'The kinds of day_values, each with unit and range; a new one is a migration.';
comment on column value_kinds.instrument is 'The questionnaire that an item belongs to, whose items are added up together.';
comment on column value_kinds.better is 'The direction of a scale; null: neither end is better by itself.';
grant select on value_kinds to workouts_app;

CREATE OR REPLACE FUNCTION workouts.acting_user_id()
 RETURNS bigint
 LANGUAGE sql
 STABLE
RETURN (NULLIF(current_setting('app.user_id'::text, true), ''::text))::bigint;

CREATE OR REPLACE FUNCTION workouts.add_to_user_days(day date, more_users bigint, more_active bigint, more_superusers bigint)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'workouts', 'pg_temp'
AS $function$
  insert into user_days as d (created_on, slot, users, active, superusers)
  values (day, pg_backend_pid() % 4, more_users, more_active, more_superusers)
  on conflict (created_on, slot) do update
    set users = d.users + excluded.users,
        active = d.active + excluded.active,
        superusers = d.superusers + excluded.superusers
$function$;

CREATE OR REPLACE FUNCTION workouts.address_in_letters(address text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (address ~~* '%@%xn--%'::text) THEN (lower("substring"(address, '^.*@'::text)) || (SELECT string_agg(CASE WHEN (l.label ~~ 'xn--%'::text) THEN COALESCE(letters_of_punycode(substr(l.label, 5)), l.label) ELSE l.label END, '.'::text ORDER BY l.place) AS string_agg FROM unnest(string_to_array(lower("substring"(address_in_letters.address, '[^@]*$'::text)), '.'::text)) WITH ORDINALITY l(label, place))) ELSE lower(address) END;

CREATE OR REPLACE FUNCTION workouts.age_years(born_on date)
 RETURNS integer
 LANGUAGE sql
 STABLE
AS $function$
  select extract(year from age((statement_timestamp() at time zone 'UTC')::date, born_on))::integer
$function$;

CREATE OR REPLACE FUNCTION workouts.api_key_columns(key api_keys)
 RETURNS TABLE(id bigint, name text, scopes text[], prefix text, expires_at timestamp with time zone, last_used_on date, created_at timestamp with time zone)
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
AS $function$
  select
    key.id,
    key.name,
    key.scopes,
    workouts.api_key_prefix(key),
    key.expires_at,
    key.last_used_on,
    key.created_at
$function$;

CREATE OR REPLACE FUNCTION workouts.api_key_json(key api_keys)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object(
    'id', key.id, 'name', key.name, 'scopes', key.scopes, 'prefix', workouts.api_key_prefix(key),
    'expires_at', workouts.rfc3339(key.expires_at), 'last_used_on', key.last_used_on,
    'created_at', workouts.rfc3339(key.created_at)
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.api_key_prefix(key api_keys)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select 'wk_' || key.user_id || '_' || key.id || '_' || key.secret_start
$function$;

CREATE OR REPLACE FUNCTION workouts.assisted_pattern()
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN '(^|\W)(?<!un[- ])(?<!non[- ])(?<!not[- ])(ass?ist(ed|iert|ierte|ierter|iertes|é|ée|és|ées|ida|ido|idas|idos|ita|ito|ite|iti|eret|ert|erad|erade)?|geassisteerd|geassisteerde|wspomagane|wspomagany|wspomagana|avustettu|gravitron|гравитрон|гравитроне)(\W|$)|^(?=.*(^|\W)band(s|ed)?(\W|$))(?=.*(^|\W)(pull|chin|muscle)[- ]?ups?(\W|$))(?!.*resisted)|(klimmz(u|ü)ge?n?|(pull|chin)[- ]?ups?|dips?)[ (,]+(mit )?unterstützt?(ung)?(\W|$)|unterstützte[rs]? (klimmz|pull|chin|dip)|(barfiks|dips?)[ (,]+(destekli|yardımlı)|(destekli|yardımlı) (barfiks|dips?)|(подтягивани[ея]|брусьях)[ (,]+с (помощью|поддержкой)|podciąganie[ (,]+ze wspomaganiem|barra fixa[ (,]+auxiliada|アシスト(懸垂|チン|プルアップ|ディップ)|(懸垂|チンニング|チンアップ|プルアップ|ディップス?)[ (]*(アシスト(?!なし)|補助(?!なし))|補助(付き|つき)|(어시스트|어시스티드|보조) ?(풀업|턱걸이|친업|딥)|(풀업|턱걸이|친업|딥스?)[ (]+(어시스트|어시스티드|보조)|(?<![无無非])(辅助|輔助|助力)(单腿深蹲|單腿深蹲|双杠|雙槓|臂屈伸|引体|引體)|(引体向上|引體向上|臂屈伸)[ (]*(辅助|輔助|助力)'::text;

CREATE OR REPLACE FUNCTION workouts.athlete_asked_for(viewer_id bigint, athlete_id bigint)
 RETURNS TABLE(id bigint, seen_days datemultirange)
 LANGUAGE sql
 STABLE ROWS 1
AS $function$
  select
    a.id,
    case
      when athlete_asked_for.viewer_id in (a.user_id, a.kept_by) then null
      else workouts.visible_days_of(athlete_asked_for.viewer_id, a.id)
    end
  from workouts.athletes as a
  where a.id = (
      select coalesce(min(x.id), workouts.no_such('athlete'))
      from workouts.athletes as x
      where x.id = athlete_asked_for.athlete_id
        or (athlete_asked_for.athlete_id = 0 and x.user_id = athlete_asked_for.viewer_id)
    )
$function$;

CREATE OR REPLACE FUNCTION workouts.athlete_columns(athlete athletes)
 RETURNS TABLE(id bigint, name text, born_on date, age integer, sex text, height_cm double precision, zone text, zone_is_known boolean, week_start smallint, has_account boolean, version integer, created_at timestamp with time zone, updated_at timestamp with time zone)
 LANGUAGE sql
 STABLE ROWS 1
AS $function$
  select
    athlete.id,
    athlete.name,
    athlete.born_on,
    workouts.age_years(athlete.born_on),
    athlete.sex,
    athlete.height_cm,
    athlete.zone,
    workouts.knows_zone(athlete.zone),
    athlete.week_start,
    athlete.user_id is not null,
    athlete.version,
    athlete.created_at,
    athlete.updated_at
$function$;

CREATE OR REPLACE FUNCTION workouts.athlete_json(athlete athletes, relation text, notes text, teams json)
 RETURNS json
 LANGUAGE sql
 STABLE
AS $function$
  select json_build_object(
    'id', athlete.id, 'name', athlete.name, 'born_on', athlete.born_on, 'age', workouts.age_years(athlete.born_on),
    'sex', athlete.sex, 'height_cm', athlete.height_cm, 'zone', athlete.zone,
    'zone_is_known', workouts.knows_zone(athlete.zone), 'week_start', athlete.week_start,
    'has_account', athlete.user_id is not null, 'version', athlete.version,
    'created_at', workouts.rfc3339(athlete.created_at), 'updated_at', workouts.rfc3339(athlete.updated_at),
    'relation', relation, 'notes', notes, 'teams', coalesce(teams, '[]')
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.athletes_of_team(team_id bigint, viewer_id bigint)
 RETURNS TABLE(athletes json, athlete_count bigint)
 LANGUAGE sql
 STABLE
AS $function$
  select
    json_agg(
      json_build_object(
        'id', p.id, 'name', p.name, 'born_on', p.born_on, 'age', workouts.age_years(p.born_on), 'sex', p.sex,
        'has_account', p.has_account, 'joined_on', p.joined_on, 'left_on', p.left_on
      )
      order by lower(p.name), p.id
    ),
    coalesce(max(p.of_all), 0)
  from (
    select
      a.id, a.name, a.born_on, a.sex, a.user_id is not null as has_account, t.joined_on, t.left_on,
      count(*) over () as of_all
    from workouts.present_athletes() as t
    join workouts.athletes as a on a.id = t.athlete_id
    where t.team_id = athletes_of_team.team_id
      and (
        a.user_id = athletes_of_team.viewer_id
        or exists (
          select
          from workouts.team_members as m
          where m.team_id = athletes_of_team.team_id
            and m.user_id = athletes_of_team.viewer_id
        )
      )
    order by lower(a.name), a.id
    limit 500
  ) as p
$function$;

CREATE OR REPLACE FUNCTION workouts.athletes_seen_by(viewer_id bigint, team_id bigint)
 RETURNS SETOF athletes
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 20
AS $function$
  select a.*
  from workouts.athletes as a
  where a.id = any(array(
      select v.athlete_id
      from workouts.visible_days(athletes_seen_by.viewer_id) as v
      where athletes_seen_by.team_id = 0
        or (
          exists (
            select
            from workouts.team_members as m
            where m.user_id = athletes_seen_by.viewer_id
              and m.team_id = athletes_seen_by.team_id
          )
          and v.athlete_id in (
            select p.athlete_id
            from workouts.present_athletes() as p
            where p.team_id = athletes_seen_by.team_id
          )
        )
    ))
$function$;

CREATE OR REPLACE FUNCTION workouts.bests_before_set(written sets, exercise exercises)
 RETURNS TABLE(kind text, place integer, value double precision, best_before double precision, best_that_day double precision)
 LANGUAGE sql
 STABLE
AS $function$
  with lifts as (
    -- The history by the index of the statistics alone, which has neither time nor distance.
    select 'before' as stands, c.local_on, c.weight_kg, c.reps, null::integer as duration_s, null::float8 as distance_m
    from workouts.counted_sets(written.athlete_id, written.local_on - 1) as c
    where c.exercise_id = written.exercise_id
      and workouts.is_record_set(c.kind)
      and exercise.tracking in ('weight_reps', 'bodyweight_reps', 'reps')
    union all
    select
      case
        when (o.session_id, o.exercise_no, o.set_no) = (written.session_id, written.exercise_no, written.set_no) then 'now'
        when o.local_on = written.local_on then 'that day'
        else 'before'
      end,
      o.local_on, o.weight_kg, o.reps, o.duration_s, o.distance_m
    from workouts.sets as o
    join workouts.sessions as s on s.id = o.session_id
    where o.athlete_id = written.athlete_id
      and o.exercise_id = written.exercise_id
      and o.local_on <= written.local_on
      and (o.local_on = written.local_on or exercise.tracking not in ('weight_reps', 'bodyweight_reps', 'reps'))
      and (s.status = 'done' or s.id = written.session_id)
      and workouts.is_record_set(o.kind)
  ),
  bodyweights as materialized (
    select b.local_on, b.bodyweight_kg
    from workouts.bodyweight_days(written.athlete_id, null) as b
    where exercise.tracking = 'bodyweight_reps'
  )
  select
    k.kind,
    k.place,
    max(k.value) filter (where l.stands = 'now'),
    max(k.value) filter (where l.stands = 'before'),
    max(k.value) filter (where l.stands = 'that day')
  from lifts as l
  left join bodyweights as b on b.local_on = l.local_on
  cross join lateral (
    select
      workouts.effective_load_kg(
        exercise.tracking, exercise.bodyweight_factor, b.bodyweight_kg, l.weight_kg
      ) as load_kg,
      case when exercise.tracking in ('weight_reps', 'bodyweight_reps') then l.reps end as lifted_reps
  ) as f
  cross join lateral (
    values
      (
        1, 'heaviest',
        case
          when exercise.tracking = 'bodyweight_reps' then f.load_kg
          when exercise.tracking in ('weight_reps', 'weight_time', 'weight_distance') then l.weight_kg
        end
      ),
      (2, 'e1rm', workouts.e1rm_kg('epley', f.load_kg, f.lifted_reps, null, 10)),
      (3, 'most_reps', case when exercise.tracking in ('weight_reps', 'bodyweight_reps', 'reps') then l.reps end::float8),
      (4, 'set_volume', f.load_kg * f.lifted_reps),
      (5, 'longest', case when exercise.tracking in ('time', 'weight_time', 'distance_time') then l.duration_s end::float8),
      (6, 'farthest', case when exercise.tracking in ('distance_time', 'weight_distance') then l.distance_m end)
  ) as k (place, kind, value)
  where not workouts.has_failed(exercise.tracking, l.reps)
  group by k.kind, k.place
$function$;

CREATE OR REPLACE FUNCTION workouts.bodyweight_days(athlete_id bigint, seen_days datemultirange)
 RETURNS TABLE(local_on date, bodyweight_kg double precision)
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select
    greatest(w.local_on - 30, w.previous_on + (w.local_on - w.previous_on) / 2 + 1) + n,
    w.value
  from (
    select
      v.local_on,
      v.value,
      lag(v.local_on) over days as previous_on,
      lead(v.local_on) over days as next_on
    from workouts.day_values as v
    where v.athlete_id = bodyweight_days.athlete_id
      and v.kind = 'weight_kg'
      and (bodyweight_days.seen_days is null or v.local_on <@ bodyweight_days.seen_days)
    window days as (order by v.local_on)
  ) as w
  cross join lateral generate_series(
    0,
    least(w.local_on + 30, w.local_on + (w.next_on - w.local_on) / 2)
      - greatest(w.local_on - 30, w.previous_on + (w.local_on - w.previous_on) / 2 + 1)
  ) as n
$function$;

CREATE OR REPLACE FUNCTION workouts.bodyweight_kg(athlete_id bigint, day date)
 RETURNS double precision
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select w.value
  from (
    (
      select v.value, bodyweight_kg.day - v.local_on as distance, 0 as is_later
      from workouts.day_values as v
      where v.athlete_id = bodyweight_kg.athlete_id
        and v.kind = 'weight_kg'
        and v.local_on between bodyweight_kg.day - 30 and bodyweight_kg.day
      order by v.local_on desc
      limit 1
    )
    union all
    (
      select v.value, v.local_on - bodyweight_kg.day, 1
      from workouts.day_values as v
      where v.athlete_id = bodyweight_kg.athlete_id
        and v.kind = 'weight_kg'
        and v.local_on between bodyweight_kg.day + 1 and bodyweight_kg.day + 30
      order by v.local_on
      limit 1
    )
  ) as w
  order by w.distance, w.is_later
  limit 1
$function$;

CREATE OR REPLACE FUNCTION workouts.bodyweight_steps(athlete_id bigint, seen_days datemultirange)
 RETURNS TABLE(from_on date, bodyweight_kg double precision)
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  with weighings as materialized (
    select
      v.local_on,
      v.value,
      lag(v.local_on) over (order by v.local_on) as previous_on
    from workouts.day_values as v
    where v.athlete_id = bodyweight_steps.athlete_id
      and v.kind = 'weight_kg'
      and (bodyweight_steps.seen_days is null or v.local_on <@ bodyweight_steps.seen_days)
  )
  select greatest(w.local_on - 30, w.previous_on + (w.local_on - w.previous_on) / 2 + 1), w.value
  from weighings as w
  union all
  select w.previous_on + 31, null
  from weighings as w
  where w.local_on - w.previous_on > 61
  union all
  select max(w.local_on) + 31, null
  from weighings as w
  having count(*) > 0
$function$;

CREATE OR REPLACE FUNCTION workouts.bucket_start(day date, bucket text, week_start smallint)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE bucket WHEN 'day'::text THEN day WHEN 'week'::text THEN (day - ((((((day - '2001-01-01'::date) - week_start) + 1) % 7) + 7) % 7)) WHEN 'month'::text THEN (date_trunc('month'::text, (day)::timestamp without time zone))::date ELSE NULL::date END;

CREATE OR REPLACE FUNCTION workouts.change_address(user_id bigint, old_email text, new_email text, is_pending boolean, was_verified boolean DEFAULT true)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  change_id bigint;
begin
  perform workouts.void_mailed(change_address.user_id);
  if workouts.address_in_letters(new_email) = workouts.address_in_letters(old_email) then
    return null;
  end if;
  if not is_pending and not was_verified then
    return workouts.tell_old_address(change_address.user_id, change_address.old_email);
  end if;
  insert into workouts.email_changes as e (user_id, old_email, new_email, changed_at, expires_at)
  values (
    change_address.user_id,
    change_address.old_email,
    change_address.new_email,
    case when not is_pending then clock_timestamp() end,
    clock_timestamp() + case when is_pending then interval '1 day' else interval '7 days' end
  )
  returning e.id into change_id;
  if is_pending then
    perform workouts.permit_mail(new_email, change_address.user_id);
  end if;
  return workouts.defer_mail(
    case when is_pending then 'verify_email' else 'email_changed' end, json_build_object('change_id', change_id)
  );
end
$function$;

CREATE OR REPLACE FUNCTION workouts.charge_guess(account text, address inet)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  keys constant bytea[] := workouts.guess_keys(account, address);
  asked_at timestamptz;
  state record;
begin
  perform workouts.lock_throttles(keys);
  asked_at := clock_timestamp();  -- after the locks were got: other guesses are in the past now
  select s.wait_s, s.levels into state from workouts.guess_state(keys, asked_at) as s;
  if state.wait_s = 0 then
    perform workouts.fill_throttles(keys, state.levels, asked_at);
  end if;
  return state.wait_s;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.charge_mail(email text, address inet DEFAULT NULL::inet)
 RETURNS boolean
 LANGUAGE sql
AS $function$
  select workouts.mail_wait(charge_mail.email, 'address ' || workouts.place_of(charge_mail.address)) = 0
$function$;

CREATE OR REPLACE FUNCTION workouts.check_athlete(athlete_id bigint, most integer)
 RETURNS bigint
 LANGUAGE sql
AS $function$
  select count(workouts.check_session(u.id))
  from (
    select s.id, sum(s.set_count) over (order by s.started_at desc, s.id desc) - s.set_count as sets_before
    from workouts.sessions as s
    where s.athlete_id = check_athlete.athlete_id
      and s.status = 'done'
      and not exists (
        select
        from workouts.session_checks as c
        where c.session_id = s.id
          and c.version = s.version
      )
    order by s.started_at desc, s.id desc
    limit most
  ) as u
  where u.sets_before < 50000
$function$;

CREATE OR REPLACE FUNCTION workouts.check_session(session_id bigint)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  checked workouts.sessions;
begin
  select s.*
  into checked
  from workouts.sessions as s
  where s.id = check_session.session_id
  for no key update;
  with decided as materialized (
    select d.exercise_no, d.set_no, d.rule, d.value, d.before -> 'facts' = workouts.doubted_facts(d) as is_unchanged
    from workouts.doubts as d
    where d.session_id = checked.id
      and d.state <> 'open'
  ),
  found as materialized (
    select f.*
    from (
      select s.exercise_no, s.set_no, s.rule, s.unit, s.value, s.usual, s.proposed_weight_kg, s.proposed_rir,
        null::timestamptz as proposed_ended_at, false as clears_times
      from workouts.doubtful_sets(checked.id) as s
      union all
      select 0, 0, w.rule, w.unit, w.value, w.usual, null, null, w.proposed_ended_at, w.clears_times
      from workouts.doubtful_session(checked.id) as w
    ) as f
    where checked.status = 'done'
      and not exists (
        select
        from decided as d
        where (d.exercise_no, d.set_no) = (f.exercise_no, f.set_no)
          and (d.rule = f.rule or (f.exercise_no > 0 and 'ratings_differ' not in (d.rule, f.rule)))
          and coalesce(d.is_unchanged, (d.rule, d.value) = (f.rule, f.value))
      )
  ),
  gone as (
    delete from workouts.doubts as d
    where d.session_id = checked.id
      and d.state = 'open'
      and not exists (
        select
        from found as f
        where (f.exercise_no, f.set_no, f.rule) = (d.exercise_no, d.set_no, d.rule)
      )
  )
  insert into workouts.doubts as d (
    athlete_id, session_id, local_on, exercise_no, set_no, rule, unit, value, usual, proposed_weight_kg,
    proposed_rir, proposed_ended_at, clears_times
  )
  select
    checked.athlete_id, checked.id, checked.local_on, f.exercise_no, f.set_no, f.rule, f.unit, f.value, f.usual,
    f.proposed_weight_kg, f.proposed_rir, f.proposed_ended_at, f.clears_times
  from found as f
  on conflict (session_id, exercise_no, set_no, rule) do update
    set value = excluded.value,
        usual = excluded.usual,
        proposed_weight_kg = excluded.proposed_weight_kg,
        proposed_rir = excluded.proposed_rir,
        proposed_ended_at = excluded.proposed_ended_at,
        state = 'open',
        decided_at = null,
        before = null;
  perform workouts.mark_doubtful_sets(checked.id);
  insert into workouts.session_checks as c (session_id, version)
  select s.id, s.version
  from workouts.sessions as s
  where s.id = checked.id
  on conflict (session_id) do update
    set version = excluded.version;
  return checked.id;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.claim_athlete(user_id bigint, athlete_id bigint)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  kept workouts.athletes;
  own workouts.athletes;
  writer bigint;
begin
  for writer in
    select w.id
    from (
      select claim_athlete.user_id as id
      union
      select a.kept_by
      from workouts.athletes as a
      where a.id = claim_athlete.athlete_id
        and a.kept_by is not null
    ) as w
    order by w.id
  loop
    perform pg_advisory_xact_lock(workouts.claims_of(writer));
  end loop;
  select a.* into kept
  from workouts.athletes as a
  where a.id = claim_athlete.athlete_id
    and a.kept_by is not null
  for update;
  if not found then
    perform workouts.no_such('athlete');
  end if;
  select a.* into own
  from workouts.athletes as a
  where a.user_id = claim_athlete.user_id
  for update;
  if found then
    perform workouts.end_forgotten_sessions(a.id, 1)
    from unnest(array[own.id, kept.id]) as a (id);
    perform workouts.give_training(own.id, kept.id);
    perform workouts.give_stays(own.id, kept.id, kept.name);
    delete from workouts.athletes as a
    where a.id = own.id;
  end if;
  update workouts.athletes as a
  set user_id = claim_athlete.user_id,
      kept_by = null,
      born_on = coalesce(kept.born_on, own.born_on),
      sex = coalesce(kept.sex, own.sex),
      height_cm = coalesce(kept.height_cm, own.height_cm),
      zone = workouts.zone_or_utc(coalesce(own.zone, kept.zone)),
      week_start = coalesce(own.week_start, kept.week_start),
      version = a.version + 1,
      updated_at = now()
  where a.id = kept.id;
  return kept.id;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.claim_key(key text, digest bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform set_config('lock_timeout', '2s', true);
  begin
    insert into workouts.idempotency_keys as k (owner_id, user_id, key, digest)
    values (coalesce(workouts.acting_user_id(), 0), workouts.acting_user_id(), claim_key.key, claim_key.digest)
    on conflict do nothing;
  exception when lock_not_available then
    raise exception using errcode = 'WK408', message = 'A request with this Idempotency-Key is still under way.';
  end;
  if not found then
    raise exception using errcode = 'WK409', message = 'This Idempotency-Key was used before.';
  end if;
  perform set_config('app.key', claim_key.key, true),
          set_config('lock_timeout', '0', true);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.claims_of(user_id bigint)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('claims of'::text, user_id);

CREATE OR REPLACE FUNCTION workouts.clash(field text, message text)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
begin
  raise exception using errcode = 'WK410', message = clash.message, column = clash.field;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.clash_all(details json)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
begin
  raise exception using
    errcode = 'WK410', message = 'Some of it clashes with what is there.', detail = clash_all.details::text;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.coached_today(viewer_id bigint)
 RETURNS TABLE(athlete_id bigint)
 LANGUAGE sql
 STABLE ROWS 20
AS $function$
  select p.athlete_id
  from workouts.team_members as m
  join workouts.present_athletes() as p on p.team_id = m.team_id
  where m.user_id = coached_today.viewer_id
$function$;

CREATE OR REPLACE FUNCTION workouts.code_muscles()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into workouts.exercise_muscle_shares (exercise_id, code, share)
  select n.exercise_id, c.code, n.share
  from named as n
  join workouts.muscles as m on m.id = n.muscle_id
  join workouts.muscle_codes as c on c.muscle = m.name and c.is_usual
  where n.share >= 0.000001
    and not exists (
      select
      from workouts.exercise_muscle_shares as k
      where k.exercise_id = n.exercise_id
    )
  on conflict do nothing;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.comment_fields(comment session_comments, viewer_id bigint)
 RETURNS TABLE(id bigint, session_id bigint, exercise_no smallint, set_no smallint, author_id bigint, author text, is_mine boolean, body text, created_at timestamp with time zone)
 LANGUAGE sql
 STABLE ROWS 1
AS $function$
  select
    comment.id,
    comment.session_id,
    nullif(comment.exercise_no, 0),
    nullif(comment.set_no, 0),
    comment.author_id,
    (
      select u.username
      from workouts.users as u
      where u.id = comment.author_id
    ),
    comment.author_id = comment_fields.viewer_id,
    comment.body,
    comment.created_at
$function$;

CREATE OR REPLACE FUNCTION workouts.copied_session(session json, copy_of bigint, athlete_id bigint)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  earlier workouts.sessions;
  exercises jsonb;
begin
  select s.*
  into earlier
  from workouts.sessions as s
  where s.id = copied_session.copy_of
    and s.athlete_id = copied_session.athlete_id;
  if earlier.id is null then
    perform workouts.refuse('copy_of', 'There is no such session of this athlete.');
  end if;
  if exists (
    select
    from workouts.sessions as s
    where s.athlete_id = copied_session.athlete_id
      and s.status = 'in_progress'
      and not workouts.is_forgotten(s)
  ) and not exists (
    select
    from workouts.sessions as s
    where s.athlete_id = copied_session.athlete_id
      and s.client_key = (session ->> 'client_key')::uuid
  ) then
    perform workouts.clash('status', 'Another session is in progress.');
  end if;
  select jsonb_agg(
    x.exercise || jsonb_build_object(
      'sets', (
        select coalesce(
          jsonb_agg(
            t.set || '{"is_done": false, "done_at": null, "rpe": null, "rir": null, "notes": null}' order by t.place
          ),
          '[]'
        )
        from jsonb_array_elements(x.exercise -> 'sets') with ordinality as t (set, place)
      )
    )
    order by x.place
  )
  into exercises
  from workouts.exercises_of_session(earlier.id) as parts
  cross join lateral jsonb_array_elements(parts.exercises::jsonb) with ordinality as x (exercise, place);
  return jsonb_build_object('title', earlier.title, 'sport', earlier.sport)
    || jsonb_strip_nulls(session::jsonb)
    || jsonb_build_object('exercises', coalesce(exercises, '[]'));
end
$function$;

CREATE OR REPLACE FUNCTION workouts.count_users()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'workouts', 'pg_temp'
AS $function$
begin
  case tg_op
    when 'INSERT' then
      perform add_to_user_days(c.day, c.users, c.active, c.superusers)
      from (
        select (a.created_at at time zone 'UTC')::date as day,
               count(*) as users,
               count(*) filter (where a.is_active) as active,
               count(*) filter (where a.is_superuser) as superusers
        from rows_after as a
        group by 1
      ) as c;
    when 'DELETE' then
      perform add_to_user_days(c.day, -c.users, -c.active, -c.superusers)
      from (
        select (b.created_at at time zone 'UTC')::date as day,
               count(*) as users,
               count(*) filter (where b.is_active) as active,
               count(*) filter (where b.is_superuser) as superusers
        from rows_before as b
        group by 1
      ) as c;
    when 'UPDATE' then
      perform add_to_user_days(c.day, c.users, c.active, c.superusers)
      from (
        select (s.created_at at time zone 'UTC')::date as day,
               sum(s.side) as users,
               coalesce(sum(s.side) filter (where s.is_active), 0) as active,
               coalesce(sum(s.side) filter (where s.is_superuser), 0) as superusers
        from (
          select 1 as side, a.created_at, a.is_active, a.is_superuser from rows_after as a
          union all
          select -1, b.created_at, b.is_active, b.is_superuser from rows_before as b
        ) as s
        group by 1
      ) as c
      where (c.users, c.active, c.superusers) <> (0, 0, 0);
    else
      delete from user_days;
  end case;
  return null;
end
$function$;
revoke execute on routine count_users() from public;

CREATE OR REPLACE FUNCTION workouts.counted_sets(athlete_id bigint, to_on date)
 RETURNS TABLE(exercise_id bigint, local_on date, kind "char", weight_kg double precision, reps smallint)
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 10000
AS $function$
  select t.exercise_id, t.local_on, t.kind, t.weight_kg, t.reps
  from workouts.sets as t
  where t.athlete_id = counted_sets.athlete_id
    and t.local_on <= counted_sets.to_on
    and t.local_on not in (
      select u.local_on
      from workouts.sessions as u
      where u.athlete_id = counted_sets.athlete_id
        and u.status <> 'done'
    )
  union all
  select t.exercise_id, t.local_on, t.kind, t.weight_kg, t.reps
  from (
    select distinct u.local_on
    from workouts.sessions as u
    where u.athlete_id = counted_sets.athlete_id
      and u.status <> 'done'
      and u.local_on <= counted_sets.to_on
  ) as d
  join workouts.sessions as s on s.athlete_id = counted_sets.athlete_id and s.local_on = d.local_on
  join workouts.sets as t on t.session_id = s.id
  where s.status = 'done'
$function$;

CREATE OR REPLACE FUNCTION workouts.daily_loads(first_on date, last_on date, seen_days datemultirange, session_days date[], session_loads double precision[])
 RETURNS double precision[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
  loads float8[] := array_fill(0::float8, array[last_on - first_on + 1]);
  session_on date;
  session_no integer := 0;
  place integer;
begin
  foreach session_on in array session_days loop
    session_no := session_no + 1;
    place := session_on - first_on + 1;
    loads[place] := loads[place] + session_loads[session_no];
  end loop;
  if seen_days is not null then
    for day_no in 1 .. last_on - first_on + 1 loop
      if not seen_days @> first_on + day_no - 1 then
        loads[day_no] := null;
      end if;
    end loop;
  end if;
  return loads;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.day_json(local_on date, day_values jsonb)
 RETURNS json
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN json_build_object('local_on', local_on, 'values', day_values, 'hooper_index', wellness_sum(day_values, ARRAY['hooper_sleep'::text, 'hooper_stress'::text, 'hooper_fatigue'::text, 'hooper_soreness'::text]), 'mclean_total', wellness_sum(day_values, ARRAY['mclean_fatigue'::text, 'mclean_sleep'::text, 'mclean_soreness'::text, 'mclean_stress'::text, 'mclean_mood'::text]));

CREATE OR REPLACE FUNCTION workouts.days_behind(rule text, local_on date)
 RETURNS daterange
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (rule = ANY (ARRAY['many_reps'::text, 'too_heavy'::text, 'world_best'::text, 'ratings_differ'::text, 'future'::text, 'double'::text, 'long_session'::text, 'short_rests'::text, 'heart_rate'::text])) THEN daterange(local_on, local_on, '[]'::text) WHEN (rule = ANY (ARRAY['overlap'::text, 'two_devices'::text])) THEN daterange((local_on - 1), (local_on + 1), '[]'::text) ELSE daterange((local_on - 90), local_on, '[]'::text) END;

CREATE OR REPLACE FUNCTION workouts.decay_rate(decay text, days integer)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE decay WHEN 'exponential'::text THEN ((1)::double precision - exp((('-1'::integer)::double precision / (days)::double precision))) WHEN 'reciprocal'::text THEN ((1)::double precision / (days)::double precision) WHEN 'span'::text THEN ((2)::double precision / ((days + 1))::double precision) ELSE NULL::double precision END;

CREATE OR REPLACE FUNCTION workouts.decide_doubt(viewer_id bigint, doubt_id bigint, action text, fields json)
 RETURNS doubts
 LANGUAGE plpgsql
AS $function$
declare
  doubt workouts.doubts := workouts.locked_doubt(decide_doubt.viewer_id, decide_doubt.doubt_id);
  wanted text := case action
    when 'keep' then 'kept' when 'accept' then 'accepted' when 'fix' then 'fixed' else 'deleted'
  end;
  stored jsonb;
  made integer;
begin
  if doubt.state = wanted and (action <> 'fix' or doubt.before -> 'fields' = fields::jsonb) then
    return doubt;
  elsif doubt.state <> 'open' then
    perform workouts.clash('action', 'It is decided already: undo that first.');
  elsif action = 'accept'
    and num_nonnulls(doubt.proposed_weight_kg, doubt.proposed_rir, doubt.proposed_ended_at) = 0
    and not doubt.clears_times then
    perform workouts.refuse('action', 'There is no proposal: expected keep, fix or delete.');
  elsif action in ('fix', 'delete') and doubt.exercise_no = 0 then
    perform workouts.refuse('action', 'It is about the whole session: change or delete that one.');
  elsif (fields ->> 'drop_of')::integer = doubt.set_no then
    perform workouts.refuse('set.drop_of', 'A drop set names another set that it follows.');
  end if;
  if action <> 'keep' and doubt.exercise_no > 0 then
    select workouts.stored_set_json(t)::jsonb
    into stored
    from workouts.sets as t
    where (t.session_id, t.exercise_no, t.set_no) = (doubt.session_id, doubt.exercise_no, doubt.set_no);
    made := workouts.write_doubted_set(
      doubt,
      coalesce(stored, '{}') || case action
        when 'accept' then jsonb_build_object('is_gone', stored is null) || case
          when doubt.rule = 'ratings_differ' then jsonb_build_object('rir', doubt.proposed_rir)
          else jsonb_build_object('weight_kg', doubt.proposed_weight_kg)
        end
        when 'fix' then fields::jsonb || jsonb_build_object('is_gone', stored is null) || case
          when fields ->> 'kind' <> 'dropset' then '{"drop_of": null}'::jsonb else '{}'
        end || case when not (fields ->> 'is_done')::boolean then '{"done_at": null}'::jsonb else '{}' end
        else '{"is_gone": true}'
      end
    );
  elsif action = 'accept' then
    select jsonb_build_object('ended_at', s.ended_at, 'end_is_guessed', s.end_is_guessed, 'times', (
      select jsonb_agg(jsonb_build_array(t.exercise_no, t.set_no, t.done_at))
      from workouts.sets as t
      where t.session_id = s.id
        and t.done_at is not null
        and doubt.clears_times
    ))
    into stored
    from workouts.sessions as s
    where s.id = doubt.session_id;
    made := workouts.settle_session(doubt.session_id, doubt.proposed_ended_at, true, doubt.clears_times);
  end if;
  update workouts.doubts as d
  set state = wanted,
      decided_at = now(),
      before = coalesce(stored, '{}')
        || jsonb_strip_nulls(jsonb_build_object('made', made))
        || jsonb_build_object('fields', fields, 'facts', workouts.doubted_facts(d))
  where d.id = doubt.id
  returning d.* into doubt;
  perform workouts.mark_doubtful_sets(doubt.session_id);
  return doubt;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.decides_for_now(viewer_id bigint, athlete_id bigint)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  return exists (
    select
    from workouts.athletes as a
    where a.id = decides_for_now.athlete_id
      and decides_for_now.viewer_id in (a.user_id, a.kept_by)
  );
end
$function$;

CREATE OR REPLACE FUNCTION workouts.defer_job(task text, args json)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'jobs', 'pg_temp'
AS $function$
  select (
    procrastinate_defer_jobs_v1(array[
      (
        case when defer_job.task = 'send_mail' then 'mail' else 'default' end,
        defer_job.task,
        0,
        null,
        null,
        jsonb_build_object(
          'args', coalesce(defer_job.args::jsonb, '{}'),
          'caused_by', jsonb_build_object(
            'user_id', workouts.acting_user_id(),
            'request_id', coalesce(current_setting('app.request_id', true), '')
          )
        ),
        null
      )::procrastinate_job_to_defer_v1
    ])
  )[1]
$function$;
revoke execute on routine defer_job(text,json) from public;
grant execute on routine defer_job(text,json) to workouts_app;

CREATE OR REPLACE FUNCTION workouts.defer_mail(kind text, args json)
 RETURNS bigint
 LANGUAGE sql
AS $function$
  select workouts.defer_job('send_mail', json_build_object('kind', defer_mail.kind, 'args', defer_mail.args))
$function$;

CREATE OR REPLACE FUNCTION workouts.delete_sessions_before_athlete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  delete from workouts.sessions as s
  where s.athlete_id = old.id;
  return old;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.demand_sign_in()
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
begin
  raise exception using errcode = 'WK407';
end
$function$;

CREATE OR REPLACE FUNCTION workouts.done_sets(athlete_id bigint)
 RETURNS TABLE(exercise_id bigint, local_on date, session_id bigint)
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 10000
AS $function$
  select t.exercise_id, t.local_on, null::bigint
  from workouts.sets as t
  where t.athlete_id = done_sets.athlete_id
    and workouts.is_done_set(t.kind)
    and t.local_on not in (
      select u.local_on
      from workouts.sessions as u
      where u.athlete_id = done_sets.athlete_id
      group by u.local_on
      having count(*) > 1 or bool_or(u.status = 'planned')
    )
  union all
  select t.exercise_id, t.local_on, t.session_id
  from (
    select u.local_on
    from workouts.sessions as u
    where u.athlete_id = done_sets.athlete_id
    group by u.local_on
    having count(*) > 1 or bool_or(u.status = 'planned')
  ) as d
  join workouts.sessions as s on s.athlete_id = done_sets.athlete_id and s.local_on = d.local_on
  cross join lateral (
    select x.exercise_id, x.local_on, x.session_id
    from workouts.sets as x
    where x.session_id = s.id
      and workouts.is_done_set(x.kind)
    offset 0  -- by session: a hash join would read the sets of all
  ) as t
  where s.status <> 'planned'
$function$;

CREATE OR REPLACE FUNCTION workouts.doubt_fields(doubt doubts)
 RETURNS TABLE(id bigint, athlete_id bigint, session_id bigint, exercise_no smallint, set_no smallint, exercise_id bigint, exercise text, local_on date, rule text, reason text, unit text, value_kg double precision, usual_kg double precision, value double precision, usual double precision, proposal json, state text, found_at timestamp with time zone, decided_at timestamp with time zone)
 LANGUAGE sql
 STABLE ROWS 1
AS $function$
  select
    doubt.id,
    doubt.athlete_id,
    doubt.session_id,
    nullif(doubt.exercise_no, 0),
    nullif(doubt.set_no, 0),
    x.id,
    x.name,
    doubt.local_on,
    doubt.rule,
    case doubt.rule
      when 'many_reps' then 'More than 1000 repetitions.'
      when 'too_heavy' then 'More than 1361 kg (3000 lb).'
      when 'unit_slip' then 'The usual weight times 2.2046, or divided by it: kilograms and pounds may be exchanged.'
      when 'digit_slip' then 'A digit too many, too few, or two digits exchanged.'
      when 'world_best' then 'An estimated maximum above the best lift of the world.'
      when 'e1rm_jump' then 'An estimated maximum more than 15 % above the best of the 90 days before.'
      when 'ratings_differ' then 'RPE and repetitions in reserve contradict each other: an RPE is 10 less those in reserve.'
      when 'future' then 'It was done more than a day from now.'
      when 'double' then 'Another session of the same day has the same sets.'
      when 'overlap' then 'More than half of it lies in another session.'
      when 'long_session' then 'It lasted more than 4 hours, or 24 in an endurance sport: it may not have been ended.'
      when 'two_devices' then 'Another session has the same sport, start, duration and distance: two devices may have recorded it.'
      when 'heart_rate' then 'A heart rate under 25 or over 240 bpm.'
      else 'Most sets of an exercise lie less than 15 seconds apart: they were typed in later.'
    end,
    doubt.unit,
    case when doubt.unit = 'kg' then doubt.value end,
    case when doubt.unit = 'kg' then doubt.usual end,
    case when doubt.unit <> 'kg' then doubt.value end,
    case when doubt.unit <> 'kg' then doubt.usual end,
    case
      when doubt.clears_times or num_nonnulls(doubt.proposed_weight_kg, doubt.proposed_rir, doubt.proposed_ended_at) > 0
        then json_build_object(
          'weight_kg', doubt.proposed_weight_kg,
          'rir', doubt.proposed_rir,
          'ended_at', workouts.rfc3339(doubt.proposed_ended_at),
          'clears_times', doubt.clears_times
        )
    end,
    doubt.state,
    doubt.found_at,
    doubt.decided_at
  from (select) as always
  left join workouts.session_exercises as e
    on e.session_id = doubt.session_id
    and e.exercise_no = doubt.exercise_no
  left join workouts.exercises as x on x.id = e.exercise_id
$function$;

CREATE OR REPLACE FUNCTION workouts.doubted_facts(doubt doubts)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(
    case
      when doubt.exercise_no > 0
        then (
          select case
            when doubt.rule = 'ratings_differ' then jsonb_build_array(t.rpe, t.rir)
            else jsonb_build_array(t.weight_kg, t.reps)
          end
          from workouts.sets as t
          where (t.session_id, t.exercise_no, t.set_no) = (doubt.session_id, doubt.exercise_no, doubt.set_no)
        )
      when doubt.rule = 'double' then to_jsonb(md5(workouts.lifts_of_session(doubt.session_id)::text))
      when doubt.rule = 'short_rests'
        then (
          select to_jsonb(md5(string_agg(t.done_at::text, ' ' order by t.exercise_no, t.set_no)))
          from workouts.sets as t
          where t.session_id = doubt.session_id
        )
      when doubt.rule in ('heart_rate', 'two_devices')
        then (
          select jsonb_build_array(
            s.started_at, s.ended_at, s.sport, s.distance_m, s.average_heart_rate_bpm, s.max_heart_rate_bpm
          )
          from workouts.sessions as s
          where s.id = doubt.session_id
        )
      else (
        select jsonb_build_array(s.started_at, s.ended_at)
        from workouts.sessions as s
        where s.id = doubt.session_id
      )
    end,
    'null'
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.doubtful_kind(kind "char", is_doubtful boolean)
 RETURNS "char"
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (CASE WHEN is_doubtful THEN translate((kind)::text, 'nwdfa'::text, 'oxegb'::text) ELSE translate((kind)::text, 'oxegb'::text, 'nwdfa'::text) END)::"char";

CREATE OR REPLACE FUNCTION workouts.doubtful_session(session_id bigint)
 RETURNS TABLE(rule text, unit text, value double precision, usual double precision, proposed_ended_at timestamp with time zone, clears_times boolean)
 LANGUAGE sql
 STABLE
AS $function$
  select r.rule, r.unit, workouts.rounded(r.value, 2), r.usual, r.ended_at, r.rule = 'short_rests'
  from workouts.sessions as s
  cross join lateral (
    select
      max(t.done_at) + interval '5 minutes' as likely_end,
      count(t.rest_s) as rests,
      count(*) filter (where t.rest_s < 15) as short_rests
    from (
      select
        o.done_at,
        extract(epoch from o.done_at - lag(o.done_at) over (partition by o.exercise_no order by o.done_at)) as rest_s
      from workouts.sets as o
      where o.session_id = s.id
        and workouts.is_done_set(o.kind)
    ) as t
  ) as d
  cross join lateral (
    values
      (
        1, 'future', 'h', extract(epoch from s.started_at - now()) / 3600, null::float8, null::timestamptz,
        s.started_at > now() + interval '24 hours'
      ),
      (
        2, 'double', 'sets', s.set_count::float8, null, null,
        s.set_count > 0 and exists (
          select
          from (
            select n.id
            from (
              select i.id, i.status, i.set_count, i.volume_kg
              from workouts.sessions as i
              where i.athlete_id = s.athlete_id
                and i.local_on = s.local_on
                and i.id < s.id
              order by i.id desc
              limit 200
            ) as n
            where n.status = 'done'
              and (n.set_count, n.volume_kg) = (s.set_count, s.volume_kg)
            limit 5
          ) as o
          where workouts.lifts_of_session(o.id) = (select workouts.lifts_of_session(s.id))
        )
      ),
      (
        3, 'two_devices', 'h', extract(epoch from s.ended_at - s.started_at) / 3600, null, null,
        s.sport is not null and s.distance_m > 0 and exists (
          select
          from (
            select i as session
            from workouts.sessions as i
            where i.athlete_id = s.athlete_id
              and i.local_on between s.local_on - 1 and s.local_on + 1
              and i.id < s.id
            order by i.local_on desc, i.id desc
            limit 200
          ) as o
          where (o.session).status = 'done'
            and workouts.is_same_recording(o.session, s)
        )
      ),
      (
        4, 'overlap', 'h', extract(epoch from s.ended_at - s.started_at) / 3600, null, null,
        exists (
          select
          from (
            select i.status, i.started_at, i.ended_at
            from workouts.sessions as i
            where i.athlete_id = s.athlete_id
              and i.local_on between s.local_on - 1 and s.local_on + 1
              and i.id < s.id
            order by i.local_on desc, i.id desc
            limit 200
          ) as o
          where o.status = 'done'
            and o.ended_at > o.started_at
            and s.ended_at > s.started_at
            and least(o.ended_at, s.ended_at) - greatest(o.started_at, s.started_at)
              > 0.5 * least(o.ended_at - o.started_at, s.ended_at - s.started_at)
        )
      ),
      (
        5, 'long_session', 'h', extract(epoch from s.ended_at - s.started_at) / 3600, null,
        case when d.likely_end > s.started_at and d.likely_end < s.ended_at then d.likely_end end,
        s.ended_at - s.started_at > workouts.longest_usual_session(s.sport)
      ),
      (6, 'short_rests', 'sets', d.short_rests::float8, null, null, d.rests >= 4 and d.short_rests * 2 > d.rests),
      (
        7, 'heart_rate', 'bpm',
        case when s.max_heart_rate_bpm > 240 then s.max_heart_rate_bpm else s.average_heart_rate_bpm end, null, null,
        s.max_heart_rate_bpm > 240 or s.average_heart_rate_bpm not between 25 and 240
      )
  ) as r (place, rule, unit, value, usual, ended_at, holds)
  where s.id = doubtful_session.session_id
    and r.holds
  order by r.place
  limit 1
$function$;

CREATE OR REPLACE FUNCTION workouts.doubtful_sets(session_id bigint)
 RETURNS TABLE(exercise_no smallint, set_no smallint, rule text, unit text, value double precision, usual double precision, proposed_weight_kg double precision, proposed_rir smallint)
 LANGUAGE sql
 STABLE
AS $function$
  with own as (
    select
      t.athlete_id,
      t.local_on,
      t.exercise_id,
      t.exercise_no,
      t.set_no,
      t.reps,
      t.weight_kg,
      t.rpe::float8 as rpe,
      t.rir,
      workouts.e1rm_kg('epley', workouts.effective_load_kg(x.tracking, null, null, t.weight_kg), t.reps, null, 10)
        as e1rm,
      workouts.world_best_kg(x.name) as world_best,
      max(t.weight_kg) filter (where d.set_no is null) over (partition by t.exercise_id) as heaviest
    from workouts.sets as t
    join workouts.exercises as x on x.id = t.exercise_id
    left join (
      select distinct c.exercise_no, c.set_no
      from workouts.doubts as c
      where c.session_id = doubtful_sets.session_id
        and c.state in ('accepted', 'fixed')
    ) as d on d.exercise_no = t.exercise_no and d.set_no = t.set_no
    where t.session_id = doubtful_sets.session_id
      and workouts.is_working_set(t.kind)
  ),
  past as (
    select e.exercise_id, p.median, p.days, b.best
    from (
      select distinct o.athlete_id, o.local_on, o.exercise_id
      from own as o
      where o.weight_kg > 0
    ) as e
    cross join lateral (
      select
        percentile_cont(0.5) within group (order by t.weight_kg) as median,
        count(distinct t.local_on) as days,
        array_agg(t.weight_kg) as weights_kg,
        array_agg(t.reps) as reps
      from (
        select o.local_on, o.weight_kg, o.reps
        from workouts.sets as o
        where o.athlete_id = e.athlete_id
          and o.exercise_id = e.exercise_id
          and o.local_on between e.local_on - 90 and e.local_on - 1
          and workouts.is_working_set(o.kind)
          and o.weight_kg > 0
        order by o.local_on desc
        limit 5000
      ) as t
    ) as p
    cross join lateral (
      select max(workouts.e1rm_kg('epley', l.weight_kg, l.reps, null, 10)) as best
      from unnest(p.weights_kg, p.reps) as l (weight_kg, reps)
      where l.weight_kg <= 1361
        and not workouts.is_slip_upwards(l.weight_kg / p.median)
    ) as b
  ),
  compared as (
    select
      o.*,
      p.median,
      p.best,
      coalesce(p.days >= 3 and o.weight_kg > 0, false) as is_known,
      o.weight_kg / p.median as ratio,
      o.heaviest / p.median as heaviest_ratio,
      (
        select min(d.weight_kg)
        from workouts.with_digits_exchanged(o.weight_kg) as d (weight_kg)
        where abs(d.weight_kg / p.median - 1) <= 0.05
      ) as exchanged
    from own as o
    left join past as p on p.exercise_id = o.exercise_id
  ),
  ruled as (
    select
      c.*,
      case
        when c.reps > 1000 then 'many_reps'
        when c.weight_kg > 1361 then 'too_heavy'
        when c.is_known and abs(c.ratio / 2.2046 - 1) <= 0.03 then 'unit_slip'
        when c.is_known and c.heaviest_ratio < 0.6 and abs(c.ratio / 0.4536 - 1) <= 0.03 then 'unit_slip'
        when c.is_known and abs(c.ratio / 10 - 1) <= 0.02 then 'digit_slip'
        when c.is_known and c.heaviest_ratio < 0.2 and abs(c.ratio / 0.1 - 1) <= 0.02 then 'digit_slip'
        when c.is_known and c.ratio > 1.5 and c.exchanged is not null then 'digit_slip'
        when c.e1rm > c.world_best then 'world_best'
        when c.is_known and c.e1rm > 1.15 * c.best then 'e1rm_jump'
        when workouts.ratings_differ(c.rpe, c.rir) then 'ratings_differ'
      end as rule
    from compared as c
  )
  select
    r.exercise_no,
    r.set_no,
    r.rule,
    case r.rule when 'many_reps' then 'reps' when 'ratings_differ' then 'rpe' else 'kg' end,
    case
      when r.rule = 'ratings_differ' then r.rpe
      when r.rule = 'many_reps' then r.reps
      when r.rule in ('world_best', 'e1rm_jump') then workouts.rounded(r.e1rm, 2)
      else r.weight_kg
    end,
    workouts.rounded(
      case r.rule
        when 'world_best' then r.world_best
        when 'e1rm_jump' then r.best
        when 'unit_slip' then r.median
        when 'digit_slip' then r.median
        when 'ratings_differ' then 10 - r.rir
      end, 2
    ),
    workouts.rounded(
      case
        -- Typed pounds stay what they are, to the fourth decimal: 150 lb. What has more decimals was converted before.
        when r.rule = 'unit_slip' and r.ratio > 1
          then workouts.rounded(r.weight_kg * 0.45359237, case when r.weight_kg * 10 = round(r.weight_kg * 10) then 4 else 2 end)
        when r.rule = 'unit_slip' then workouts.rounded(r.weight_kg / 0.45359237, 2)
        when r.rule = 'digit_slip' and abs(r.ratio / 10 - 1) <= 0.02 then r.weight_kg / 10
        when r.rule = 'digit_slip' and r.ratio < 1 then r.weight_kg * 10
        when r.rule = 'digit_slip' then r.exchanged
      end, 4
    ),
    -- What statistics read is the RPE, so accepting changes none of them.
    case when r.rule = 'ratings_differ' then round(10 - r.rpe)::smallint end
  from ruled as r
  where r.rule is not null
$function$;

CREATE OR REPLACE FUNCTION workouts.e1rm_brzycki_kg(weight_kg double precision, reps smallint)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((weight_kg > (0)::double precision) AND ((reps >= 1) AND (reps <= 10))) THEN ((weight_kg * (36)::double precision) / ((37 - reps))::double precision) ELSE NULL::double precision END;

CREATE OR REPLACE FUNCTION workouts.e1rm_epley_kg(weight_kg double precision, reps smallint)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((weight_kg > (0)::double precision) AND (reps = 1)) THEN weight_kg WHEN ((weight_kg > (0)::double precision) AND (reps > 1)) THEN (weight_kg * ((1)::double precision + ((reps)::double precision / (30.0)::double precision))) ELSE NULL::double precision END;

CREATE OR REPLACE FUNCTION workouts.e1rm_kg(formula text, load_kg double precision, reps smallint, reserve double precision, most_reps integer)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((load_kg IS NULL) OR (reps IS NULL) OR (reps < 1) OR (reps > most_reps)) THEN NULL::double precision WHEN (formula = 'epley'::text) THEN CASE WHEN (reps = 1) THEN load_kg ELSE (load_kg * ((1)::double precision + ((reps)::double precision / (30.0)::double precision))) END WHEN (formula = 'brzycki'::text) THEN CASE WHEN (reps < 37) THEN ((load_kg * (36)::double precision) / ((37 - reps))::double precision) ELSE NULL::double precision END WHEN ((reserve >= (0)::double precision) AND (reserve <= (9)::double precision)) THEN ((load_kg * (100)::double precision) / share_of_maximum((reps)::integer, reserve)) ELSE NULL::double precision END;

CREATE OR REPLACE FUNCTION workouts.edwards_zone(bpm double precision, max_bpm double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN GREATEST((0)::double precision, LEAST((5)::double precision, (floor((round(((bpm / max_bpm) * (1000000)::double precision)) / (100000)::double precision)) - (4)::double precision)));

CREATE OR REPLACE FUNCTION workouts.effective_load_kg(tracking text, bodyweight_factor double precision, bodyweight_kg double precision, weight_kg double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((tracking = ANY (ARRAY['weight_reps'::text, 'weight_time'::text, 'weight_distance'::text])) AND (weight_kg > (0)::double precision)) THEN weight_kg WHEN ((tracking = 'bodyweight_reps'::text) AND (((bodyweight_factor * bodyweight_kg) + COALESCE(weight_kg, (0)::double precision)) > (0)::double precision)) THEN ((bodyweight_factor * bodyweight_kg) + COALESCE(weight_kg, (0)::double precision)) ELSE NULL::double precision END;

CREATE OR REPLACE FUNCTION workouts.end_after_set(started_at timestamp with time zone, done_at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select greatest(
    started_at,
    least(started_at + interval '10 days', done_at + interval '5 minutes', date_trunc('second', now()))
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.end_api_keys(user_id bigint, is_wished boolean)
 RETURNS bigint
 LANGUAGE sql
AS $function$
  with ended as (
    delete from workouts.api_keys as k
    where k.user_id = end_api_keys.user_id
      and end_api_keys.is_wished
    returning 1
  )
  select count(*)
  from ended
$function$;

CREATE OR REPLACE FUNCTION workouts.end_forgotten_logins(user_id bigint, most bigint)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  delete from workouts.logins as l
  where l.id in (
    select o.id
    from workouts.logins as o
    where o.user_id = end_forgotten_logins.user_id
      and o.revoked_at is null
    order by o.refreshed_at desc, o.id desc
    offset end_forgotten_logins.most
  );
  return true;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.end_forgotten_sessions(athlete_id bigint, most integer)
 RETURNS bigint[]
 LANGUAGE plpgsql
AS $function$
declare
  forgotten bigint[];
  one bigint;
  ended bigint[] := '{}';
begin
  select array_agg(f.id order by f.id) into forgotten
  from (
    select s.id
    from workouts.sessions as s
    where s.status = 'in_progress'
      and s.athlete_id between coalesce(end_forgotten_sessions.athlete_id, 0)
        and coalesce(end_forgotten_sessions.athlete_id, 9223372036854775807)
      and workouts.is_forgotten(s)
    order by s.athlete_id
    limit most
    for update skip locked
  ) as f;
  foreach one in array coalesce(forgotten, '{}') loop
    begin
      update workouts.sessions as s
      set status = 'done',
          ended_at = coalesce(s.ended_at, workouts.guessed_end(s)),
          end_is_guessed = s.end_is_guessed or s.ended_at is null,
          version = s.version + 1,
          set_rating_version = s.set_rating_version + 1,
          updated_at = now()
      where s.id = one;
      ended := ended || one;
    exception when integrity_constraint_violation then
      raise warning 'the forgotten session % cannot be ended: %', one, sqlerrm;
    end;
  end loop;
  return ended;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.end_invitations(user_id bigint)
 RETURNS bigint
 LANGUAGE sql
AS $function$
  with ended as (
    delete from workouts.invitations as i
    where i.invited_by = end_invitations.user_id
      and i.kind <> 'athlete'
    returning 1
  )
  select count(*)
  from ended
$function$;

CREATE OR REPLACE FUNCTION workouts.end_logins(user_id bigint, but_login_id bigint, why text)
 RETURNS bigint
 LANGUAGE sql
AS $function$
  with ended as (
    update workouts.logins as l
    set revoked_at = clock_timestamp(),
        revoked_why = end_logins.why
    where l.user_id = end_logins.user_id
      and l.id <> end_logins.but_login_id
      and l.revoked_at is null
    returning 1
  )
  select count(*)
  from ended
$function$;

CREATE OR REPLACE FUNCTION workouts.end_what_was_forgotten()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' or old.status <> 'in_progress' then
    perform workouts.end_forgotten_sessions(new.athlete_id, 1);
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.erase_person(user_id bigint)
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO 'workouts', 'pg_temp'
AS $function$
  with erased as (
    update audit_events as e
    set changes = (
      select jsonb_object_agg(c.name, null)
      from jsonb_object_keys(e.changes) as c (name)
    )
    where e.person_id = erase_person.user_id
      and e.changes <> '{}'
    returning e.id
  )
  select count(*)
  from erased
$function$;
revoke execute on routine erase_person(bigint) from public;

CREATE OR REPLACE FUNCTION workouts.erase_user(user_id bigint)
 RETURNS erasures
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'workouts', 'extensions', 'pg_temp'
AS $function$
declare
  part record;
  found_rows record;
  deleted jsonb := '{}';
  anonymised jsonb := '{}';
  proof workouts.erasures;
begin
  perform
  from workouts.users as u
  where u.id = erase_user.user_id
  for update;
  if not found then
    return null;  -- erased at the same moment, or never existed: no proof is written
  end if;
  perform workouts.hand_over_to_heirs(erase_user.user_id);
  perform
  from workouts.athletes as a
  where a.user_id = erase_user.user_id
    or a.kept_by = erase_user.user_id
  order by a.id
  for update;  -- a row that is added meanwhile is counted, or finds no athlete
  for part in
    select c.relname, o.table_id, o.deletes, o.clears
    from workouts.owned_rows() as o
    join pg_class as c on c.oid = o.table_id
    order by c.relname
  loop
    execute format(
      'select (select count(*) from %2$s where %1$s) as deletes,'
      ' (select count(*) from %2$s where (%3$s) and (%1$s) is not true) as clears',
      part.deletes, part.table_id, part.clears
    )
    into found_rows
    using erase_user.user_id;
    if found_rows.deletes > 0 then
      deleted := deleted || jsonb_build_object(part.relname, found_rows.deletes);
    end if;
    if found_rows.clears > 0 then
      anonymised := anonymised || jsonb_build_object(part.relname, found_rows.clears);
    end if;
  end loop;
  anonymised := anonymised || jsonb_build_object('audit_events', workouts.erase_person(erase_user.user_id));
  delete from workouts.athletes as a
  where a.user_id = erase_user.user_id
    or a.kept_by = erase_user.user_id;
  delete from workouts.users as u
  where u.id = erase_user.user_id;
  insert into workouts.erasures (user_id, request_id, deleted, anonymised)
  values (
    erase_user.user_id,
    coalesce(current_setting('app.request_id', true), ''),
    deleted::json,
    anonymised::json
  )
  returning * into proof;
  return proof;
end
$function$;
revoke execute on routine erase_user(bigint) from public;
grant execute on routine erase_user(bigint) to workouts_app;

create aggregate ewma(double precision,double precision) (
  sfunc = ewma_step,
  stype = double precision
);

create aggregate ewma_seeded(double precision,double precision) (
  sfunc = ewma_seeded_step,
  stype = double precision
);

CREATE OR REPLACE FUNCTION workouts.ewma_seeded_step(state double precision, value double precision, lambda double precision)
 RETURNS double precision
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
begin
  if state is null then
    return value;
  elsif value = 0 and state < 1e-30 then
    return 0;
  end if;
  return state + lambda * (value - state);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.ewma_step(state double precision, value double precision, lambda double precision)
 RETURNS double precision
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
begin
  if state is null then
    return lambda * value;
  elsif value = 0 and state < 1e-30 then
    return 0;
  end if;
  return state + lambda * (value - state);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.exercise_columns(exercise exercises)
 RETURNS TABLE(id bigint, name text, equipment text, category text, mechanic text, tracking text, bodyweight_factor double precision, is_per_hand boolean, is_one_sided boolean, is_own boolean, is_archived boolean, merged_into bigint, version integer, created_at timestamp with time zone, updated_at timestamp with time zone)
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
AS $function$
  select
    exercise.id,
    exercise.name,
    exercise.equipment,
    exercise.category,
    exercise.mechanic,
    exercise.tracking,
    exercise.bodyweight_factor,
    exercise.is_per_hand,
    exercise.is_one_sided,
    exercise.athlete_id is not null,
    exercise.is_archived,
    exercise.merged_into,
    exercise.version,
    exercise.created_at,
    exercise.updated_at
$function$;

CREATE OR REPLACE FUNCTION workouts.exercise_json(exercise exercises, muscles json, muscle_shares json, aliases text[])
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object(
    'id', exercise.id, 'name', exercise.name, 'equipment', exercise.equipment, 'category', exercise.category,
    'mechanic', exercise.mechanic, 'tracking', exercise.tracking, 'bodyweight_factor', exercise.bodyweight_factor,
    'is_per_hand', exercise.is_per_hand, 'is_one_sided', exercise.is_one_sided,
    'is_own', exercise.athlete_id is not null, 'is_archived', exercise.is_archived,
    'merged_into', exercise.merged_into, 'version', exercise.version,
    'created_at', workouts.rfc3339(exercise.created_at), 'updated_at', workouts.rfc3339(exercise.updated_at),
    'muscles', coalesce(muscles, '[]'), 'muscle_shares', coalesce(muscle_shares, '[]'),
    'aliases', coalesce(aliases, '{}')
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.exercise_json(exercise exercises, muscles json, aliases text[])
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select workouts.exercise_json(exercise, muscles, null::json, aliases)
$function$;

CREATE OR REPLACE FUNCTION workouts.exercise_names(athlete_id bigint, source text)
 RETURNS TABLE(name text, exercise_id bigint, rank integer)
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select
    k.name,
    case when w.merged_into is null then w.id else workouts.merged_exercise_id(w.id) end,
    2 * w.rank + k.is_folded
  from (
    select e.name as written, e.id, e.merged_into, case when e.athlete_id is null then 5 else 1 end as rank
    from workouts.exercises as e
    where coalesce(e.athlete_id, 0) in (0, exercise_names.athlete_id)
    union all
    select
      a.alias,
      e.id,
      e.merged_into,
      case when e.athlete_id is not null then 3 when a.source = exercise_names.source then 4 else 6 end
    from workouts.exercise_aliases as a
    join workouts.exercises as e on e.id = a.exercise_id
    where a.source in (exercise_names.source, 'any')
      and coalesce(e.athlete_id, 0) in (0, exercise_names.athlete_id)
    union all
    select a.alias, e.id, e.merged_into, 3
    from workouts.exercise_aliases as a
    join workouts.exercises as e on e.id = a.exercise_id
    where a.source = 'own'
      and a.exercise_id = any(array(
        select x.id
        from workouts.exercises as x
        where x.athlete_id = exercise_names.athlete_id
      ))
    union all
    select f.name, e.id, e.merged_into, case when e.athlete_id is null then 6 else 2 end
    from workouts.exercises as e
    cross join unnest(e.former_names) as f (name)
    where coalesce(e.athlete_id, 0) in (0, exercise_names.athlete_id)
      and e.former_names <> '{}'
  ) as w
  cross join lateral (
    select lower(w.written) as name, 0 as is_folded
    union all
    select workouts.folded_name(w.written), 1
    where translate(w.written, U&'-\2010\2011', '') <> w.written  -- the few with a hyphen: all others are folded already
      and workouts.folded_name(w.written) <> lower(w.written)
  ) as k
$function$;

CREATE OR REPLACE FUNCTION workouts.exercise_reply(exercise exercises)
 RETURNS json
 LANGUAGE sql
 STABLE
AS $function$
  select workouts.exercise_json(
    exercise,
    (
      select json_agg(workouts.muscle_json(m.name, em.share) order by em.share desc, m.name)
      from workouts.exercise_muscles as em
      join workouts.muscles as m on m.id = em.muscle_id
      where em.exercise_id = exercise.id
    ),
    (
      select json_agg(workouts.muscle_share_json(k.code, k.muscle_group, s.share) order by s.share desc, k.code)
      from workouts.exercise_muscle_shares as s
      join workouts.muscle_codes as k on k.code = s.code
      where s.exercise_id = exercise.id
    ),
    array(
      select distinct n.alias
      from workouts.exercise_aliases as n
      where n.exercise_id = exercise.id
      order by n.alias
    )
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.exercises_named_like(viewer_id bigint, words text)
 RETURNS TABLE(exercise_id bigint, score double precision)
 LANGUAGE plpgsql
 STABLE
 SET enable_seqscan TO 'off'
AS $function$
declare
  searched constant text := lower(words);
  own constant bigint := (
    select a.id
    from workouts.athletes as a
    where a.user_id = exercises_named_like.viewer_id
  );
  threshold text;
begin
  foreach threshold in array array['0.75', '0.5'] loop
    perform set_config('pg_trgm.word_similarity_threshold', threshold, true);
    return query
    select
      e.id,
      max(named.score)
    from (
      select
        found.id,
        max(
          case when starts_with(found.name, searched) then 1 else 0 end
          + extensions.word_similarity(searched, found.name)
          + extensions.similarity(searched, found.name)
        ) as score
      from (
        select
          x.id,
          lower(x.name) as name
        from workouts.exercises as x
        where x.athlete_id is null
          and searched operator(extensions.<%) lower(x.name)
        union  -- not `union all`: a name that several services use is compared once
        select
          n.exercise_id,
          lower(n.alias)
        from workouts.exercise_aliases as n
        where n.source <> 'own'
          and searched operator(extensions.<%) lower(n.alias)
        union
        select
          x.id,
          lower(x.name)
        from workouts.exercises as x
        where x.athlete_id = own
          and searched operator(extensions.<%) lower(x.name)
        union
        select
          n.exercise_id,
          lower(n.alias)
        from workouts.exercise_aliases as n
        where n.exercise_id = any(array(
            select x.id
            from workouts.exercises as x
            where x.athlete_id = own
          ))
          and searched operator(extensions.<%) lower(n.alias)
        union
        select
          x.id,
          f.name
        from workouts.exercises as x
        cross join unnest(x.former_names) as f (name)
        where coalesce(x.athlete_id, 0) in (0, own)
          and x.former_names <> '{}'
          and searched operator(extensions.<%) f.name
      ) as found
      group by found.id
    ) as named
    join workouts.exercises as x on x.id = named.id
    join workouts.exercises as e
      on e.id = case when x.merged_into is null then x.id else workouts.merged_exercise_id(x.id) end
    where e.merged_into is null
      and not e.is_archived
      and (e.athlete_id is null or e.athlete_id = own)
    group by e.id;
    exit when found;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.exercises_of_session(session_id bigint)
 RETURNS TABLE(exercises json)
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_agg(
    workouts.session_exercise_json(
      e.exercise_no, e.position, e.exercise_id,
      (
        select x.name
        from workouts.exercises as x
        where x.id = e.exercise_id
      ),
      e.superset, e.notes,
      (
        select json_agg(
          workouts.stored_set_json(t)
          order by t.position, t.set_no
        )
        from workouts.sets as t
        where t.session_id = e.session_id
          and t.exercise_no = e.exercise_no
      )
    )
    order by e.position, e.exercise_no
  )
  from workouts.session_exercises as e
  where e.session_id = exercises_of_session.session_id
$function$;

CREATE OR REPLACE FUNCTION workouts.exercises_of_session_now(session_id bigint)
 RETURNS json
 LANGUAGE sql
AS $function$
  select parts.exercises
  from workouts.exercises_of_session(exercises_of_session_now.session_id) as parts
$function$;

CREATE OR REPLACE FUNCTION workouts.exercises_proposed_for(name text, most bigint)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
 SET enable_seqscan TO 'off'
AS $function$
declare
  searched constant text := lower(exercises_proposed_for.name);
begin
  perform set_config('pg_trgm.similarity_threshold', '0.3', true);
  return (
    with alike as materialized (  -- looked up once, whatever the planner expects of the join below
      select f.id, max(f.likeness) as likeness
      from (
        select x.id, extensions.similarity(searched, lower(x.name)) as likeness
        from workouts.exercises as x
        where x.athlete_id is null
          and searched operator(extensions.%) lower(x.name)
        union all
        select n.exercise_id, extensions.similarity(searched, lower(n.alias))
        from workouts.exercise_aliases as n
        where n.source <> 'own'
          and searched operator(extensions.%) lower(n.alias)
      ) as f
      group by f.id
    )
    select coalesce(
      json_agg(
        json_build_object('id', p.id, 'name', p.name, 'equipment', p.equipment, 'likeness', p.likeness)
        order by p.likeness desc, p.name
      ),
      '[]'
    )
    from (
      select
        e.id,
        e.name,
        e.equipment,
        round(a.likeness::numeric, 2)::float8 as likeness
      from alike as a
      join workouts.exercises as e on e.id = a.id
      where e.athlete_id is null
        and e.merged_into is null
        and not e.is_archived
      order by a.likeness desc, e.name
      limit exercises_proposed_for.most
    ) as p
  );
end
$function$;

CREATE OR REPLACE FUNCTION workouts.fill_throttles(keys bytea[], levels double precision[], filled_at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
AS $function$
  update workouts.throttles as g
  set level = levels[k.place] + 1,
      last_at = filled_at
  from unnest(keys) with ordinality as k (key, place)
  where g.key = k.key
$function$;

CREATE OR REPLACE FUNCTION workouts.folded_name(name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select coalesce(
    nullif(
      btrim(
        replace(replace(translate(lower(name), U&'-\2010\2011', '   '), '   ', ' '), '  ', ' ')
      ),
      ''
    ),
    lower(name)
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.follow_primary(position_in_log bigint, key_id bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if not pg_is_in_recovery() then
    raise exception using errcode = 'WK503', message = 'promoted';
  end if;
  if pg_last_wal_replay_lsn() - pg_lsn '0/0' < follow_primary.position_in_log then
    raise exception using errcode = 'WK503', message = 'behind';
  end if;
  if follow_primary.key_id is not null and exists (
    select
    from workouts.api_keys as k
    where k.id = follow_primary.key_id
      and k.last_used_on is distinct from current_date
  ) then
    raise exception using errcode = 'WK503', message = 'key_day';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.forbid(message text DEFAULT 'You may not do this.'::text)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
begin
  raise exception using errcode = 'WK403', message = forbid.message;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.forbidden_if(is_known boolean)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  if is_known then
    raise exception using errcode = 'WK403', message = 'You may not do this.';
  end if;
  return false;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.formula_json(formula text, source text, warning text DEFAULT NULL::text)
 RETURNS json
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN json_build_object('formula', formula, 'source', source, 'warning', warning);

CREATE OR REPLACE FUNCTION workouts.give_exercises(from_id bigint, to_id bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  twin record;
  moved bigint[];
begin
  for twin in
    select o.id as from_exercise_id, workouts.merged_exercise_id(k.id) as to_exercise_id, k.id as named_id
    from workouts.exercises as o
    join workouts.exercises as k on k.athlete_id = to_id and lower(k.name) = lower(o.name)
    where o.athlete_id = from_id
  loop
    with moving as (
      update workouts.session_exercises as e
      set exercise_id = twin.to_exercise_id
      where e.exercise_id = twin.from_exercise_id
      returning e.session_id
    )
    select array_agg(m.session_id) into moved
    from moving as m;
    perform workouts.raise_sessions(moved);
    update workouts.exercises as x
    set merged_into = nullif(twin.to_exercise_id, x.id)
    where x.merged_into = twin.from_exercise_id;
    with given as (
      insert into workouts.exercise_aliases (exercise_id, source, alias)
      select twin.named_id, a.source, a.alias
      from workouts.exercise_aliases as a
      where a.exercise_id = twin.from_exercise_id
      on conflict do nothing
      returning exercise_id
    )
    update workouts.exercises as x
    set version = x.version + 1,
        updated_at = now()
    where x.id in (select g.exercise_id from given as g);
    update workouts.exercises as x
    set former_names = array(
      select f.name
      from unnest(x.former_names || o.former_names) with ordinality as f (name, place)
      group by f.name
      order by min(f.place)
      limit 50
    )
    from workouts.exercises as o
    where x.id = twin.named_id
      and o.id = twin.from_exercise_id
      and o.former_names <> '{}';
    delete from workouts.exercises as x
    where x.id = twin.from_exercise_id;
  end loop;
  update workouts.exercises as x
  set athlete_id = to_id
  where x.athlete_id = from_id;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.give_imported(from_id bigint, to_id bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  twin record;
begin
  for twin in
    with known as (
      select
        i.athlete_id, i.source, i.source_key, i.session_id, i.row_digest,
        regexp_replace(i.source_key, '\|[0-9]+$', '') as workout,
        row_number() over (
          partition by i.athlete_id, i.source, regexp_replace(i.source_key, '\|[0-9]+$', ''), i.row_digest
          order by i.session_id nulls last, i.source_key
        ) as turn
      from workouts.imported_sessions as i
      where i.athlete_id in (from_id, to_id)
    )
    select
      o.source, o.source_key as from_key, o.session_id as from_session_id,
      k.source_key as to_key, k.session_id as to_session_id
    from known as o
    join known as k using (source, workout, row_digest, turn)
    where o.athlete_id = from_id
      and k.athlete_id = to_id
  loop
    if twin.to_session_id is null then
      update workouts.imported_sessions as i
      set session_id = twin.from_session_id
      where i.athlete_id = to_id
        and (i.source, i.source_key) = (twin.source, twin.to_key);
    else
      delete from workouts.sessions as s
      where s.id = twin.from_session_id
        and s.version = s.import_version;
    end if;
    delete from workouts.imported_sessions as i
    where i.athlete_id = from_id
      and (i.source, i.source_key) = (twin.source, twin.from_key);
  end loop;

  -- A key without an ordinal is the workout's id in its source: the record of this athlete stays.
  delete from workouts.imported_sessions as o
  using workouts.imported_sessions as k
  where o.athlete_id = from_id
    and k.athlete_id = to_id
    and (k.source, k.source_key) = (o.source, o.source_key)
    and o.source_key !~ '\|[0-9]+$';
  update workouts.imported_sessions as i
  set source_key = n.workout || '|' || (n.last_ordinal + n.turn)
  from (
    select
      o.source, o.source_key, w.workout, l.last_ordinal,
      row_number() over (partition by o.source, w.workout order by o.source_key) as turn
    from workouts.imported_sessions as o
    join workouts.imported_sessions as k
      on k.athlete_id = to_id and (k.source, k.source_key) = (o.source, o.source_key)
    cross join lateral regexp_replace(o.source_key, '\|[0-9]+$', '') as w (workout)
    cross join lateral (
      select max(substring(a.source_key from '[0-9]+$')::int) as last_ordinal
      from workouts.imported_sessions as a
      where a.athlete_id in (from_id, to_id)
        and a.source = o.source
        and regexp_replace(a.source_key, '\|[0-9]+$', '') = w.workout
    ) as l
    where o.athlete_id = from_id
  ) as n
  where i.athlete_id = from_id
    and (i.source, i.source_key) = (n.source, n.source_key);
  update workouts.imported_sessions as i
  set athlete_id = to_id
  where i.athlete_id = from_id;
  update workouts.imports as i
  set athlete_id = to_id
  where i.athlete_id = from_id;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.give_stays(from_id bigint, to_id bigint, name text)
 RETURNS void
 LANGUAGE sql
AS $function$
  with stays as (
    delete from workouts.team_athletes as t
    where t.athlete_id in (from_id, to_id)
    returning t.team_id, t.member_days, t.keeps_history
  )
  insert into workouts.team_athletes (team_id, athlete_id, athlete_name, joined_on, left_on, keeps_history)
  select m.team_id, to_id, name, lower(d.days), upper(d.days), m.keeps_history
  from (
    select s.team_id, range_agg(s.member_days) as days, bool_and(s.keeps_history) as keeps_history
    from stays as s
    group by s.team_id
  ) as m
  cross join lateral unnest(m.days) as d (days)
$function$;

CREATE OR REPLACE FUNCTION workouts.give_training(from_id bigint, to_id bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform workouts.give_exercises(from_id, to_id);
  perform workouts.give_imported(from_id, to_id);
  insert into workouts.day_values (athlete_id, kind, local_on, value)
  select to_id, v.kind, v.local_on, v.value
  from workouts.day_values as v
  where v.athlete_id = from_id
  on conflict do nothing;
  update workouts.sessions as s
  set athlete_id = to_id,
      client_key = case
        when not exists (
          select
          from workouts.sessions as k
          where k.athlete_id = to_id
            and k.client_key = s.client_key
        ) then s.client_key
      end
  where s.athlete_id = from_id;
  insert into workouts.deleted_client_keys (athlete_id, client_key, deleted_at)
  select to_id, d.client_key, d.deleted_at
  from workouts.deleted_client_keys as d
  where d.athlete_id = from_id
  on conflict do nothing;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.given_athlete(athlete json)
 RETURNS TABLE(name text, born_on date, sex text, height_cm double precision, zone text, week_start smallint, notes text, team_id bigint, joined_on date)
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
AS $function$
  select g.*
  from json_to_record(athlete) as g (
    name text,
    born_on date,
    sex text,
    height_cm float8,
    zone text,
    week_start smallint,
    notes text,
    team_id bigint,
    joined_on date
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.given_exercises(session json, athlete_id bigint)
 RETURNS TABLE(exercise_no smallint, "position" smallint, exercise_id bigint, name text, superset smallint, notes text, sets json)
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select
    g.exercise_no,
    g.position,
    coalesce(used.id, workouts.refuse_unknown_exercises(session, given_exercises.athlete_id)),
    used.name,
    g.superset,
    g.notes,
    g.sets
  from rows from (
    json_to_recordset(session -> 'exercises') as (
      exercise_no smallint,
      position smallint,
      exercise_id bigint,
      superset smallint,
      notes text,
      sets json
    )
  ) as g (exercise_no, position, exercise_id, superset, notes, sets)
  left join lateral (
    select
      x.id,
      x.name
    from workouts.exercises as named
    join workouts.exercises as x
      on x.id = case when named.merged_into is null then named.id else workouts.merged_exercise_id(named.id) end
    where named.id = g.exercise_id
      and (named.athlete_id is null or named.athlete_id = given_exercises.athlete_id)
    limit 1
  ) as used on true
$function$;

CREATE OR REPLACE FUNCTION workouts.given_laps(laps json)
 RETURNS TABLE(lap_no smallint, duration_s double precision, distance_m double precision, ascent_m double precision, descent_m double precision, average_heart_rate_bpm double precision, max_heart_rate_bpm smallint, average_power_w double precision)
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select g.*
  from json_to_recordset(laps) as g (
    lap_no smallint,
    duration_s float8,
    distance_m float8,
    ascent_m float8,
    descent_m float8,
    average_heart_rate_bpm float8,
    max_heart_rate_bpm smallint,
    average_power_w float8
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.given_session(session json)
 RETURNS TABLE(title text, notes text, status text, started_at timestamp with time zone, ended_at timestamp with time zone, duration_s integer, zone text, rpe double precision, sport text, moving_time_s integer, distance_m double precision, ascent_m double precision, descent_m double precision, average_heart_rate_bpm double precision, max_heart_rate_bpm smallint, average_power_w double precision, normalized_power_w double precision, client_key uuid)
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
AS $function$
  select g.*
  from json_to_record(session) as g (
    title text,
    notes text,
    status text,
    started_at timestamptz,
    ended_at timestamptz,
    duration_s integer,
    zone text,
    rpe float8,
    sport text,
    moving_time_s integer,
    distance_m float8,
    ascent_m float8,
    descent_m float8,
    average_heart_rate_bpm float8,
    max_heart_rate_bpm smallint,
    average_power_w float8,
    normalized_power_w float8,
    client_key uuid
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.given_sets(sets json)
 RETURNS TABLE(set_no smallint, "position" smallint, kind "char", reps smallint, weight_kg double precision, distance_m double precision, duration_s integer, rpe double precision, rir smallint, notes text, side text, tempo text, drop_of smallint, is_done boolean, done_at timestamp with time zone, reply json)
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select
    t.set_no,
    t.position,
    k.kind,
    t.reps,
    t.weight_kg,
    t.distance_m,
    t.duration_s,
    t.rpe,
    t.rir,
    t.notes,
    t.side,
    t.tempo,
    t.drop_of,
    workouts.is_done_set(k.kind),
    t.done_at,
    workouts.set_json(
      t.set_no, t.position, k.kind, t.reps, t.weight_kg, t.distance_m, t.duration_s, t.rpe, t.rir, t.notes, t.side,
      t.tempo, t.drop_of, t.done_at
    )
  from json_to_recordset(sets) as t (
    set_no smallint,
    position smallint,
    kind text,
    reps smallint,
    weight_kg float8,
    distance_m float8,
    duration_s integer,
    rpe float8,
    rir smallint,
    notes text,
    side text,
    tempo text,
    drop_of smallint,
    is_done boolean,
    done_at timestamptz
  )
  cross join lateral (select workouts.set_kind(t.kind, coalesce(t.is_done, true)) as kind) as k
$function$;

CREATE OR REPLACE FUNCTION workouts.given_user(account json)
 RETURNS TABLE(email text, username text, full_name text, zone text, is_active boolean, is_superuser boolean, password_hash text)
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
AS $function$
  select g.*
  from json_to_record(account) as g (
    email text,
    username text,
    full_name text,
    zone text,
    is_active boolean,
    is_superuser boolean,
    password_hash text
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.graded_distance_m(distance_m double precision, ascent_m double precision, descent_m double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (distance_m = (0)::double precision) THEN (CASE WHEN ((COALESCE(ascent_m, (0)::double precision) + COALESCE(descent_m, (0)::double precision)) = (0)::double precision) THEN 0 ELSE NULL::integer END)::double precision WHEN ((ascent_m + descent_m) = (0)::double precision) THEN distance_m ELSE ((distance_m / (3.6)::double precision) * (((ascent_m / (ascent_m + descent_m)) * running_cost(((ascent_m + descent_m) / distance_m))) + ((descent_m / (ascent_m + descent_m)) * running_cost(((- (ascent_m + descent_m)) / distance_m))))) END;

CREATE OR REPLACE FUNCTION workouts.guard(user_id bigint, login_id bigint, request_id text, timeout_ms bigint, plan_mode text, superuser boolean DEFAULT false, writes boolean DEFAULT false)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  is_superuser boolean;
begin
  -- If a migration locks users or logins, the guard waits no longer than the request may take.
  perform set_config('lock_timeout', guard.timeout_ms::text, true);
  if guard.writes then
    perform pg_advisory_xact_lock_shared(workouts.claims_of(guard.user_id));
  end if;
  select u.is_superuser
  into is_superuser
  from workouts.logins as l
  join workouts.users as u on u.id = l.user_id
  where l.id = guard.login_id
    and l.user_id = guard.user_id
    and l.revoked_at is null
    and l.expires_at > statement_timestamp()
    and u.is_active;
  if not found then
    raise exception using errcode = 'WK401', message = 'The sign-in was ended.';
  end if;
  if guard.superuser and not is_superuser then
    raise exception using errcode = 'WK403', message = 'Only superusers may do this.';
  end if;
  perform set_config('app.user_id', guard.user_id::text, true),
          set_config('app.request_id', guard.request_id, true),
          set_config(
            'application_name',
            left(concat('workouts-api ', guard.request_id, ' user=' || guard.user_id), 63),
            true
          ),
          set_config('statement_timeout', guard.timeout_ms::text, true),
          set_config('lock_timeout', '0', true),
          set_config('plan_cache_mode', guard.plan_mode, true);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.guess_keys(account text, address inet)
 RETURNS bytea[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ARRAY[sha256(convert_to(((('pair '::text || place_of(address)) || ' '::text) || account), 'UTF8'::name)), sha256(convert_to(('account '::text || account), 'UTF8'::name)), sha256(convert_to(('address '::text || place_of(address)), 'UTF8'::name))];

CREATE OR REPLACE FUNCTION workouts.guess_state(keys bytea[], asked_at timestamp with time zone, OUT wait_s integer, OUT levels double precision[])
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  free integer := 5;
  base_s float8 := 1;
  longest_s float8 := 60;
  pair_at timestamptz;
  address_at timestamptz;
  free_at timestamptz := '-infinity';
begin
  levels := workouts.throttle_levels(keys, '{180, 60, 20}', asked_at);
  select g.last_at into pair_at from workouts.throttles as g where g.key = keys[1];
  select g.last_at into address_at from workouts.throttles as g where g.key = keys[3];
  if levels[3] >= 50 then
    free_at := address_at + make_interval(secs => least(60, power(2, least(levels[3] - 50, 10))));
  end if;
  if levels[2] >= 20 then
    free := 1;
    base_s := 30;
    longest_s := 900;
  end if;
  if ceil(levels[1]) >= free then
    free_at := greatest(
      free_at, pair_at + make_interval(secs => least(longest_s, base_s * power(2, least(ceil(levels[1]) - free, 10))))
    );
  end if;
  wait_s := case when free_at > asked_at then ceil(extract(epoch from free_at - asked_at)) else 0 end;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.guess_wait(account text, address inet)
 RETURNS integer
 LANGUAGE sql
 STABLE
AS $function$
  select s.wait_s
  from workouts.guess_state(workouts.guess_keys(account, address), statement_timestamp()) as s
$function$;

CREATE OR REPLACE FUNCTION workouts.guessed_end(session sessions)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select workouts.end_after_set(
    session.started_at,
    greatest(
      session.started_at,
      coalesce(
        max(t.done_at),
        case
          when session.version > 1
            and session.updated_at <= session.started_at + workouts.longest_usual_session(session.sport)
            then session.updated_at
          else session.started_at
        end
      )
    )
  )
  from workouts.sets as t
  where t.session_id = session.id
    and t.done_at <= least(now(), session.started_at + interval '10 days')
$function$;

CREATE OR REPLACE FUNCTION workouts.hand_over(user_id bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform workouts.hand_over_to_heirs(hand_over.user_id);

  delete from workouts.teams as t
  using workouts.team_members as m
  where m.team_id = t.id
    and m.user_id = hand_over.user_id
    and not exists (
      select
      from workouts.team_members as other
      where other.team_id = t.id
        and other.user_id <> hand_over.user_id
    );

  delete from workouts.athletes as a
  where hand_over.user_id in (a.user_id, a.kept_by);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.hand_over_before_delete()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform workouts.hand_over(old.id);
  return old;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.hand_over_to_heirs(user_id bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  -- Every statement that changes members locks the team. So no other owner leaves it meanwhile.
  perform
  from workouts.teams as t
  where t.id in (
    select m.team_id
    from workouts.team_members as m
    where m.user_id = hand_over_to_heirs.user_id
  )
  order by t.id
  for update;

  update workouts.team_members as m
  set role = 'owner'
  from (
    select distinct on (other.team_id)
      other.team_id,
      other.user_id
    from workouts.team_members as mine
    join workouts.team_members as other on other.team_id = mine.team_id and other.user_id <> mine.user_id
    where mine.user_id = hand_over_to_heirs.user_id
      and mine.role = 'owner'
    order by other.team_id, other.role desc, other.joined_on, other.user_id
  ) as heir
  where m.team_id = heir.team_id
    and m.user_id = heir.user_id
    and m.role <> 'owner';

  update workouts.athletes as a
  set kept_by = heir.user_id,
      version = a.version + 1,
      updated_at = now()
  from (
    select distinct on (k.id)
      k.id,
      m.user_id
    from workouts.athletes as k
    join workouts.present_athletes() as p on p.athlete_id = k.id
    join workouts.team_members as m on m.team_id = p.team_id and m.user_id <> k.kept_by
    where k.kept_by = hand_over_to_heirs.user_id
    order by k.id, m.role desc, m.joined_on, m.user_id
  ) as heir
  where a.id = heir.id;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.has_failed(tracking text, reps smallint)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((COALESCE((reps)::integer, 1) = 0) AND (tracking = ANY (ARRAY['weight_reps'::text, 'bodyweight_reps'::text, 'reps'::text])));

CREATE OR REPLACE FUNCTION workouts.has_measured_load(method text, sport text, set_count smallint)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE method WHEN 'rtss'::text THEN COALESCE((sport = ANY (ARRAY['running'::text, 'trail_running'::text])), (set_count = 0)) WHEN 'power_tss'::text THEN COALESCE((sport = ANY (ARRAY['cycling'::text, 'indoor_cycling'::text])), (set_count = 0)) ELSE true END;

CREATE OR REPLACE FUNCTION workouts.has_room_for_comment(session_id bigint)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  perform s.id
  from workouts.sessions as s
  where s.id = has_room_for_comment.session_id
  for no key update;
  if (
    select count(*)
    from workouts.session_comments as c
    where c.session_id = has_room_for_comment.session_id
  ) >= 500 then
    perform workouts.refuse('body', 'A session has at most 500 comments.');
  end if;
  return true;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.held_on(days date[], settings double precision[], day date)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (settings)[GREATEST(width_bucket(day, days), 1)];

CREATE OR REPLACE FUNCTION workouts.hold_client_key()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (
    select
    from workouts.deleted_client_keys as d
    where d.athlete_id = new.athlete_id
      and d.client_key = new.client_key
  ) then
    perform workouts.clash('client_key', 'The session of this client_key was deleted.');
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.hold_name()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  written constant text := to_jsonb(new) ->> tg_argv[0];
begin
  if tg_op = 'UPDATE' and written = to_jsonb(old) ->> tg_argv[0] then
    return null;
  end if;
  if not workouts.is_name(written) then
    raise exception using
      errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('%s.%s holds what cannot be seen, or is not in the form of names', tg_table_name, tg_argv[0]);
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.hold_old_addresses()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if coalesce(current_setting('app.request_id', true), '') <> '' and exists (
    select
    from workouts.email_changes as e
    where lower(e.old_email) in (lower(new.email), workouts.address_in_letters(new.email))
      and e.user_id <> new.id
      and e.changed_at is not null
      and e.ended_at is null
      and e.expires_at > clock_timestamp()
  ) then
    raise exception using errcode = '23505', constraint = 'users_email_key', message = 'This address is held.';
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.hold_zone()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'UPDATE' and new.zone = old.zone then
    return null;
  end if;
  if not workouts.is_zone(new.zone) then
    raise exception using
      errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('time zone %L is not known to this server', new.zone);
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.import_columns(import imports)
 RETURNS TABLE(id bigint, state text, source text, file_name text, zone text, sessions_added integer, sessions_completed integer, sets_added integer, exercises_added integer, duplicates integer, created_at timestamp with time zone, finished_at timestamp with time zone)
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
AS $function$
  select
    import.id,
    import.state,
    import.source,
    import.file_name,
    import.zone,
    import.sessions_added,
    import.sessions_completed,
    import.sets_added,
    import.exercises_added,
    import.duplicates,
    import.created_at,
    import.finished_at
$function$;

CREATE OR REPLACE FUNCTION workouts.import_json(import imports)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object(
    'id', import.id, 'state', import.state, 'source', import.source, 'file_name', import.file_name,
    'zone', import.zone, 'sessions_added', import.sessions_added, 'sessions_completed', import.sessions_completed,
    'sets_added', import.sets_added,
    'exercises_added', import.exercises_added, 'duplicates', import.duplicates,
    'created_at', workouts.rfc3339(import.created_at), 'finished_at', workouts.rfc3339(import.finished_at),
    'rejected', import.rejected, 'notices', import.notices, 'exercises', import.exercises
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.invitation_holds(invitation invitations)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select invitation.uses_left > 0
    and invitation.expires_at > statement_timestamp()
    and exists (
      select
      from workouts.users as u
      where u.id = invitation.invited_by
        and u.is_active
    )
    and (
      exists (
        select
        from workouts.team_members as m
        where m.team_id = invitation.team_id
          and m.user_id = invitation.invited_by
          and (m.role = 'owner' or invitation.kind = 'athlete')
      )
      or exists (
        select
        from workouts.athletes as a
        where a.id = invitation.athlete_id
          and a.kept_by = invitation.invited_by
      )
    )
$function$;

CREATE OR REPLACE FUNCTION workouts.invitation_holds_now(invitation invitations)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  return workouts.invitation_holds(invitation_holds_now.invitation);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.invitation_json(invitation invitations, team_name text, athlete_name text, invited_by text)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object(
    'id', invitation.id, 'kind', invitation.kind, 'team_id', invitation.team_id, 'team_name', team_name,
    'athlete_id', invitation.athlete_id, 'athlete_name', athlete_name, 'invited_by', invited_by,
    'email', invitation.email, 'uses_left', invitation.uses_left,
    'created_at', workouts.rfc3339(invitation.created_at), 'expires_at', workouts.rfc3339(invitation.expires_at)
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.is_assisted(name text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((lower(name) ~ 'ass?ist|avustettu|wspomag|gravitron|гравитрон|band|unterst|destekli|yardımlı|помощ|поддержк|auxiliada|アシスト|補助|어시|보조|辅助|輔助|助力'::text) AND (lower(name) ~ assisted_pattern()));

CREATE OR REPLACE FUNCTION workouts.is_done_set(kind "char")
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (kind >= 'a'::"char");

CREATE OR REPLACE FUNCTION workouts.is_endurance_sport(sport text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN COALESCE((sport <> ALL (ARRAY['strength'::text, 'other'::text])), false);

CREATE OR REPLACE FUNCTION workouts.is_forgotten(session sessions)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select session.status = 'in_progress' and session.updated_at < now() - interval '4 hours'
$function$;

CREATE OR REPLACE FUNCTION workouts.is_name(name text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN ((name IS NFKC NORMALIZED) AND (name !~ '^ | $|  '::text) AND (name !~ ((('[\u0001-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680'::text || '\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufe00-\ufe0f'::text) || '\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'::text) || '\U000e0000-\U000e0fff\U000f0000-\U0010ffff]'::text)));

CREATE OR REPLACE FUNCTION workouts.is_record_set(kind "char")
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (kind <> ALL (ARRAY['w'::"char", 'x'::"char", 'N'::"char", 'W'::"char", 'D'::"char", 'F'::"char", 'A'::"char", 'o'::"char", 'e'::"char", 'g'::"char", 'b'::"char"]));

CREATE OR REPLACE FUNCTION workouts.is_same_recording(one sessions, other sessions)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select coalesce(
    one.sport = other.sport
    and least(
      abs(d.apart_s),
      case when abs(abs(d.apart_s) - 3600) < 60 then 0 end
    ) <= 120
    and abs(d.one_s - d.other_s) <= 0.05 * greatest(d.one_s, d.other_s)
    and abs(one.distance_m - other.distance_m) <= 0.03 * greatest(one.distance_m, other.distance_m)
    and one.distance_m > 0,
    false
  )
  from (
    select
      extract(epoch from one.started_at - other.started_at) as apart_s,
      extract(epoch from one.ended_at - one.started_at) as one_s,
      extract(epoch from other.ended_at - other.started_at) as other_s
  ) as d
$function$;

CREATE OR REPLACE FUNCTION workouts.is_slip_upwards(ratio double precision)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((abs(((ratio / (2.2046)::double precision) - (1)::double precision)) <= (0.03)::double precision) OR (abs(((ratio / (10)::double precision) - (1)::double precision)) <= (0.02)::double precision));

CREATE OR REPLACE FUNCTION workouts.is_working_set(kind "char")
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (kind <> ALL (ARRAY['w'::"char", 'x'::"char", 'N'::"char", 'W'::"char", 'D'::"char", 'F'::"char", 'A'::"char"]));

CREATE OR REPLACE FUNCTION workouts.is_zone(name text)
 RETURNS boolean
 LANGUAGE plpgsql
 STRICT
 SET "TimeZone" TO 'UTC'
AS $function$
begin
  if name = 'Factory' or name !~ ('^([A-Z][A-Za-z_+-]*(/[A-Z][A-Za-z_-]*){1,2}|Etc/GMT[+-]?[0-9]{1,2}'
    || '|[A-Z][A-Za-z-]*|(EST5E|CST6C|MST7M|PST8P)DT|GMT[+-]?0)$') then
    return false;
  end if;
  perform set_config('timezone', name, true);
  return current_setting('timezone') = name;
exception
  when invalid_parameter_value then return false;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.judged_sets(session_id bigint, device text, items json)
 RETURNS TABLE(place bigint, exercise_no smallint, set_no smallint, exercise_id bigint, seq bigint, device_done_at timestamp with time zone, is_gone boolean, is_there boolean, is_new_exercise boolean, version integer, seen jsonb, given json, stored json, refusal text)
 LANGUAGE sql
 STABLE
AS $function$
  with given as (
    select i.place, i.item, g.*
    from json_array_elements(items) with ordinality as i (item, place)
    cross join lateral json_to_record(i.item) as g (
      exercise_no smallint, set_no smallint, exercise_id bigint, "position" smallint, is_gone boolean, seq bigint,
      versions integer[], device_done_at timestamptz, overtaken_ids bigint[]
    )
  ),
  beside as (
    select
      g.*,
      s.exercise_count,
      x.exercise_id as home_id,
      workouts.usable_exercise_id(g.exercise_id, s.athlete_id) as named_id,
      -- What overtaken writes of the same set named, the latest first: it helps, and nothing is refused for it.
      (
        select n.id
        from (
          select workouts.usable_exercise_id(o.id, s.athlete_id) as id, o.place
          from unnest(g.overtaken_ids) with ordinality as o (id, place)
        ) as n
        where n.id is not null
        order by n.place
        limit 1
      ) as overtaken_id,
      t.set_no is not null as is_there,
      e.set_no is not null as was_edited,
      coalesce(e.version, case when t.set_no is null then 0 else 1 end) as version,
      e.device as writer,
      coalesce(e.seen, '{}') as seen,
      case
        when t.set_no is not null
          then workouts.stored_set_json(t)
      end as stored,
      coalesce(g.position, t.position, g.set_no) as place_in_exercise
    from given as g
    join workouts.sessions as s on s.id = judged_sets.session_id
    left join workouts.session_exercises as x on x.session_id = s.id and x.exercise_no = g.exercise_no
    left join workouts.sets as t on t.session_id = s.id and t.exercise_no = g.exercise_no and t.set_no = g.set_no
    left join workouts.set_edits as e on e.session_id = s.id and e.exercise_no = g.exercise_no and e.set_no = g.set_no
  ),
  counted as (
    -- An item may name the exercise that the items after it only number.
    select
      b.*,
      coalesce(
        b.home_id,
        (array_agg(b.named_id) filter (where b.named_id is not null) over same_exercise)[1],
        (array_agg(b.overtaken_id) filter (where b.overtaken_id is not null) over same_exercise)[1]
      ) as used_id,
      b.exercise_count + (
        select count(distinct other.exercise_no)
        from beside as other
        where other.home_id is null
          and not other.is_gone
      ) as exercises_then,
      (
        select count(*)
        from workouts.sets as t
        where t.session_id = judged_sets.session_id
          and t.exercise_no = b.exercise_no
      ) + count(*) filter (where not b.is_there and not b.is_gone) over same_exercise as sets_then,
      (
        select count(*)
        from workouts.set_edits as e
        where e.session_id = judged_sets.session_id
      ) + count(*) filter (where not b.was_edited) over () as edits_then
    from beside as b
    window same_exercise as (
      partition by b.exercise_no
      order by b.place
      rows between unbounded preceding and unbounded following
    )
  )
  select
    c.place,
    c.exercise_no,
    c.set_no,
    c.used_id,
    c.seq,
    c.device_done_at,
    c.is_gone,
    c.is_there,
    c.home_id is null,
    c.version,
    c.seen,
    (
      select t.reply
      from workouts.given_sets(
        json_build_array((c.item::jsonb || jsonb_build_object('position', c.place_in_exercise))::json)
      ) as t
    ),
    c.stored,
    case
      when c.seq <= (c.seen ->> judged_sets.device)::bigint then 'known'
      when not c.versions && array[c.version, -1] then 'stale'
      when c.versions is null and c.was_edited and c.writer is distinct from judged_sets.device
        and judged_sets.device is not null then 'stale'
      when c.is_gone and not c.is_there and judged_sets.device is null then 'missing'
      when c.edits_then > 5000 and not c.was_edited then 'edits'
      when c.seq is not null and not c.seen ? judged_sets.device
        and (select count(*) from jsonb_object_keys(c.seen)) >= 16 then 'devices'
      when c.is_gone then null
      when c.exercise_id is not null and c.named_id is null then 'unknown_exercise'
      when c.used_id is null then 'no_exercise'
      when c.named_id <> c.used_id then 'other_exercise'
      when c.home_id is null and c.exercises_then > 100 then 'exercises'
      when not c.is_there and c.sets_then > 200 then 'sets'
    end
  from counted as c
$function$;

CREATE OR REPLACE FUNCTION workouts.keep_a_superuser()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if coalesce(current_setting('app.request_id', true), '') = '' then
    return null;
  end if;
  -- If two are removed at the same moment, the second request sees that the first is gone: each query has a new snapshot.
  perform pg_advisory_xact_lock(hashtext('workouts.keep_a_superuser'));
  -- A caller who lost the right while waiting cannot take it from others. Giving up one's own right is always allowed.
  if workouts.acting_user_id() <> old.id and not exists (
    select
    from workouts.users as u
    where u.id = workouts.acting_user_id()
      and u.is_superuser
      and u.is_active
  ) then
    perform workouts.forbid('Only superusers may do this.');
  end if;
  if not exists (
    select
    from workouts.users as u
    where u.is_superuser
      and u.is_active
  ) then
    perform workouts.clash('is_superuser', 'This is the last superuser: make another one first.');
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.keep_former_name()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  name_now constant text := lower(new.name);
  name_before text;
  names text[];
begin
  if tg_op = 'UPDATE' then
    name_before := lower(old.name);
    if name_now = name_before then
      return new;
    end if;
    if workouts.folded_name(new.name) <> workouts.folded_name(old.name) then
      perform workouts.refuse_taken_name(new.athlete_id, new.id, new.name);
    end if;
    names := array_remove(array_remove(new.former_names, name_now), name_before) || name_before;
    new.former_names := names[greatest(1, cardinality(names) - 49):];
  else
    perform workouts.refuse_taken_name(new.athlete_id, new.id, new.name);
  end if;
  perform workouts.take_former_name(new.athlete_id, new.id, name_now);
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.keep_lap_sums()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'TRUNCATE' then
    update workouts.sessions as s
    set laps_s = null, lap_durations_s = null, lap_heart_rates_bpm = null, laps_effort = null
    where s.laps_s > 0;
    return null;
  end if;
  if not exists (select from changed_laps) then
    return null;
  end if;
  perform s.id
  from workouts.sessions as s
  where s.id in (select c.session_id from changed_laps as c)
  order by s.id
  for no key update;
  if not found then
    return null;  -- they are deleted themselves
  end if;
  update workouts.sessions as s
  set laps_s = coalesce(k.laps_s, 0),
      lap_durations_s = k.lap_durations_s,
      lap_heart_rates_bpm = k.lap_heart_rates_bpm,
      laps_effort = k.laps_effort
  from (select distinct c.session_id from changed_laps as c) as c
  left join lateral workouts.lap_sums(c.session_id) as k on true
  where s.id = c.session_id;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.keep_reply(reply json)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
begin
  if current_setting('app.key', true) <> '' then
    perform set_config('app.reply', keep_reply.reply::text, true);
  end if;
  return keep_reply.reply;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.keep_reply_about(reply json, person_id bigint, registration_id bigint DEFAULT NULL::bigint)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
begin
  if current_setting('app.key', true) <> '' then
    update workouts.idempotency_keys as k
    set person_id = keep_reply_about.person_id,
        registration_id = keep_reply_about.registration_id
    where k.key = current_setting('app.key')
      and k.owner_id = coalesce(workouts.acting_user_id(), 0);
  end if;
  return workouts.keep_reply(reply);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.key_guard(user_id bigint, key_id bigint, secret_sha256 bytea, scope text, request_id text, timeout_ms bigint, plan_mode text, superuser boolean, writes boolean DEFAULT false)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  found_key record;
begin
  perform set_config('lock_timeout', key_guard.timeout_ms::text, true);
  if key_guard.writes then
    perform pg_advisory_xact_lock_shared(workouts.claims_of(key_guard.user_id));
  end if;
  select k.scopes, k.expires_at, k.last_used_on, u.is_superuser
  into found_key
  from workouts.api_keys as k
  join workouts.users as u on u.id = k.user_id
  where k.id = key_guard.key_id
    and k.user_id = key_guard.user_id
    and k.secret_sha256 = key_guard.secret_sha256
    and u.is_active;
  if not found then
    raise exception using errcode = 'WK401', message = 'There is no such API key any more.';
  end if;
  if found_key.expires_at <= statement_timestamp() then
    raise exception using errcode = 'WK401', message = 'The API key has expired.';
  end if;
  if not (key_guard.scope = any (found_key.scopes)) then
    raise exception using
      errcode = 'WK403', message = 'The API key does not have the scope ' || key_guard.scope || '.';
  end if;
  if key_guard.superuser and not found_key.is_superuser then
    raise exception using errcode = 'WK403', message = 'Only superusers may do this.';
  end if;
  if found_key.last_used_on is distinct from current_date then
    -- The first request of the day writes. Another one at the same moment does not wait for it. If the server is
    -- read-only, the day is not written, so that reads stay possible.
    begin
      update workouts.api_keys as k
      set last_used_on = current_date
      from (
        select i.id
        from workouts.api_keys as i
        where i.id = key_guard.key_id
        for no key update skip locked
      ) as free
      where k.id = free.id
        and k.last_used_on is distinct from current_date;
    exception
      when read_only_sql_transaction or insufficient_resources or system_error then
        null;
    end;
  end if;
  perform set_config('app.user_id', key_guard.user_id::text, true),
          set_config('app.request_id', key_guard.request_id, true),
          set_config(
            'application_name',
            left(concat('workouts-api ', key_guard.request_id, ' user=' || key_guard.user_id), 63),
            true
          ),
          set_config('statement_timeout', key_guard.timeout_ms::text, true),
          set_config('lock_timeout', '0', true),
          set_config('plan_cache_mode', key_guard.plan_mode, true);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.knows_zone(zone text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(workouts.zone_or_utc(zone) = zone, true)
$function$;

CREATE OR REPLACE FUNCTION workouts.lap_json(lap laps)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object(
    'lap_no', lap.lap_no, 'duration_s', lap.duration_s, 'distance_m', lap.distance_m, 'ascent_m', lap.ascent_m,
    'descent_m', lap.descent_m, 'average_heart_rate_bpm', lap.average_heart_rate_bpm,
    'max_heart_rate_bpm', lap.max_heart_rate_bpm, 'average_power_w', lap.average_power_w
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.lap_sums(session_id bigint)
 RETURNS TABLE(laps_s double precision, lap_durations_s double precision[], lap_heart_rates_bpm double precision[], laps_effort double precision)
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
AS $function$
  select
    sum(l.duration_s order by l.lap_no),
    case when bool_and(l.average_heart_rate_bpm is not null) then array_agg(l.duration_s order by l.lap_no) end,
    case
      when bool_and(l.average_heart_rate_bpm is not null) then array_agg(l.average_heart_rate_bpm order by l.lap_no)
    end,
    case
      when bool_and(coalesce(g.graded_m <= 12.5 * l.duration_s, false)) and sum(l.distance_m) > 0
        then sum(power(g.graded_m, 2) / l.duration_s order by l.lap_no)
    end
  from workouts.laps as l
  cross join lateral (select workouts.graded_distance_m(l.distance_m, l.ascent_m, l.descent_m) as graded_m) as g
  where l.session_id = lap_sums.session_id
    and l.duration_s > 0
  group by l.session_id
$function$;

CREATE OR REPLACE FUNCTION workouts.laps_of_session(session_id bigint)
 RETURNS TABLE(laps json)
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
AS $function$
  select coalesce(json_agg(workouts.lap_json(l) order by l.lap_no), '[]')
  from workouts.laps as l
  where l.session_id = laps_of_session.session_id
$function$;

CREATE OR REPLACE FUNCTION workouts.letters_of_punycode(code text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
  letters text := coalesce(substring(code from '^(.*)-'), '');
  rest text := substring(code from '[^-]*$');
  taken integer := 0;
  n bigint := 128;
  i bigint := 0;
  bias bigint := 72;
  began_at bigint;
  delta bigint;
  weight bigint;
  k bigint;
  digit integer;
  threshold bigint;
begin
  while taken < length(rest) loop
    began_at := i;
    weight := 1;
    k := 36;
    loop
      taken := taken + 1;
      digit := position(substr(rest, taken, 1) in 'abcdefghijklmnopqrstuvwxyz0123456789') - 1;
      if taken > length(rest) or digit < 0 or weight > 100000000 then
        return null;
      end if;
      i := i + digit * weight;
      threshold := least(greatest(k - bias, 1), 26);
      exit when digit < threshold;
      weight := weight * (36 - threshold);
      k := k + 36;
    end loop;
    delta := (i - began_at) / case when began_at = 0 then 700 else 2 end;
    delta := delta + delta / (length(letters) + 1);
    k := 0;
    while delta > 455 loop
      delta := delta / 35;
      k := k + 36;
    end loop;
    bias := k + 36 * delta / (delta + 38);
    n := n + i / (length(letters) + 1);
    i := i % (length(letters) + 1);
    if n > 1114111 or n between 55296 and 57343 then
      return null;
    end if;
    letters := left(letters, i::integer) || chr(n::integer) || substr(letters, i::integer + 1);
    i := i + 1;
  end loop;
  return letters;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.lifts_of_session(session_id bigint)
 RETURNS text[]
 LANGUAGE sql
 STABLE
AS $function$
  select array_agg(
    concat_ws(' ', t.exercise_id, t.weight_kg, t.reps, t.distance_m, t.duration_s)
    order by e.position, e.exercise_no, t.position, t.set_no
  )
  from workouts.sets as t
  join workouts.session_exercises as e on e.session_id = t.session_id and e.exercise_no = t.exercise_no
  where t.session_id = lifts_of_session.session_id
$function$;

CREATE OR REPLACE FUNCTION workouts.load_averages(loads double precision[], rate_42 double precision, rate_7 double precision, asked_days integer[])
 RETURNS TABLE(history_days integer, sum_42 double precision, weight_42 double precision, sum_7 double precision, weight_7 double precision)
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE ROWS 500
AS $function$
declare
  has_unknown constant boolean := array_position(loads, null) is not null;
  day_load float8;
  known float8;
  place integer := 1;
begin
  history_days := 0;
  sum_42 := 0;
  sum_7 := 0;
  if has_unknown then
    weight_42 := 0;
    weight_7 := 0;
  end if;
  foreach day_load in array loads loop
    history_days := history_days + 1;
    if has_unknown then
      known := case when day_load is null then 0 else 1 end;
      day_load := coalesce(day_load, 0);
      weight_42 := case when known = 0 and weight_42 < 1e-30 then 0 else weight_42 + rate_42 * (known - weight_42) end;
      weight_7 := case when known = 0 and weight_7 < 1e-30 then 0 else weight_7 + rate_7 * (known - weight_7) end;
    end if;
    sum_42 := case when day_load = 0 and sum_42 < 1e-30 then 0 else sum_42 + rate_42 * (day_load - sum_42) end;
    sum_7 := case when day_load = 0 and sum_7 < 1e-30 then 0 else sum_7 + rate_7 * (day_load - sum_7) end;
    if history_days = asked_days[place] then
      return next;
      place := place + 1;
    end if;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.load_formulas(decay text, with_acwr boolean)
 RETURNS json
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN json_build_object('session_load', formula_json('session RPE (CR10) · minutes'::text, 'Foster et al. 2001, J Strength Cond Res 15:109'::text), 'estimates', formula_json('in this order: mean of at least 3 teammates in the session of this title and day; median of at least 3 own sessions of this title; median of at least 3 own sessions; mean of the set ratings (RPE, or 10 − RIR)'::text, 'Benson et al. 2021, J Sports Sci Med 20:188; Kraft et al. 2014, J Strength Cond Res 28:540'::text), 'averages', formula_json(('Σ wᵢ·Lᵢ / Σ wᵢ over days of known load; wᵢ = (1 − λ)^i, i days ago; λ = '::text || CASE decay WHEN 'exponential'::text THEN '1 − e^(−1/N)'::text WHEN 'reciprocal'::text THEN '1/N'::text ELSE '2/(N + 1)'::text END), ('Moussa et al. 2019, BMJ Open Sport Exerc Med 5:e000573; λ as '::text || CASE decay WHEN 'exponential'::text THEN 'Banister et al. 1975'::text WHEN 'reciprocal'::text THEN 'TrainingPeaks'::text ELSE 'Williams et al. 2017, Br J Sports Med 51:209'::text END)), 'fitness', formula_json('average, N = 42'::text, 'Banister et al. 1975, Aust J Sports Med 7:57'::text), 'fatigue', formula_json('average, N = 7'::text, 'Banister et al. 1975, Aust J Sports Med 7:57'::text), 'form_going_into_day', formula_json('fitness − fatigue, both of the day before'::text, 'Banister et al. 1975, Aust J Sports Med 7:57'::text), 'week_load', formula_json('7 · mean of the known daily loads of 7 days'::text, 'Foster 1998, Med Sci Sports Exerc 30:1164'::text), 'monotony', formula_json('mean / sample standard deviation of the known daily loads of 7 days'::text, 'Foster 1998, Med Sci Sports Exerc 30:1164'::text), 'strain', formula_json('week_load · monotony'::text, 'Foster 1998, Med Sci Sports Exerc 30:1164'::text), 'z_score', formula_json('(week_load − mean of the 8 weeks before) / sample standard deviation, at least 10 % of the mean'::text, 'standard score against the athlete''s own weeks'::text), 'acwr', CASE WHEN with_acwr THEN formula_json('coupled: mean of 7 days / mean of 28; uncoupled: mean of 7 days / mean of the 21 before'::text, 'Gabbett 2016, Br J Sports Med 50:273; Windt & Gabbett 2019, Br J Sports Med 53:988'::text, 'The ratio does not predict injuries and its parts are confounded: Impellizzeri et al. 2020, Int J Sports Physiol Perform 15:907'::text) ELSE NULL::json END);

CREATE OR REPLACE FUNCTION workouts.lock_known_team(viewer_id bigint, team_id bigint)
 RETURNS TABLE(id bigint, name text, version integer, role text)
 LANGUAGE plpgsql
 ROWS 1
AS $function$
begin
  return query
  select t.id, t.name, t.version, t.role
  from workouts.lock_team(lock_known_team.viewer_id, lock_known_team.team_id) as t;
  if not found then
    perform workouts.no_such('team');
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.lock_own_exercise(viewer_id bigint, exercise_id bigint)
 RETURNS exercises
 LANGUAGE plpgsql
AS $function$
declare
  found_exercise workouts.exercises;
begin
  select x.* into found_exercise
  from workouts.exercises as x
  where x.id = lock_own_exercise.exercise_id
    and x.athlete_id = (
      select a.id
      from workouts.athletes as a
      where a.user_id = lock_own_exercise.viewer_id
    )
  for update;
  perform workouts.forbidden_if(found_exercise.id is null and exists (
    select
    from workouts.exercises as x
    where x.id = lock_own_exercise.exercise_id
      and (x.athlete_id is null or workouts.sees_exercise(lock_own_exercise.viewer_id, x.athlete_id, x.id))
  ));
  return found_exercise;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.lock_own_exercises(viewer_id bigint, exercise_id bigint)
 RETURNS exercises
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock(hashtextextended('quota of exercises', a.id))
  from workouts.athletes as a
  where a.user_id = lock_own_exercises.viewer_id;
  return workouts.lock_own_exercise(lock_own_exercises.viewer_id, lock_own_exercises.exercise_id);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.lock_team(viewer_id bigint, team_id bigint)
 RETURNS TABLE(id bigint, name text, version integer, role text)
 LANGUAGE plpgsql
 ROWS 1
AS $function$
begin
  if workouts.role_in_team(lock_team.viewer_id, lock_team.team_id) is null then
    return;
  end if;
  select t.id, t.name, t.version
  into id, name, version
  from workouts.teams as t
  where t.id = lock_team.team_id
  for update;
  role := workouts.role_in_team(lock_team.viewer_id, lock_team.team_id);
  if role is not null then
    return next;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.lock_throttles(keys bytea[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  insert into workouts.throttles as g (key, level, last_at)
  select k.key, 0, clock_timestamp()
  from unnest(keys) as k (key)
  order by k.key
  on conflict do nothing;
  perform
  from workouts.throttles as g
  where g.key = any (keys)
  order by g.key
  for update;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.lock_writable_athlete(viewer_id bigint, athlete_id bigint)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
begin
  perform
  from workouts.athletes as a
  where a.id = lock_writable_athlete.athlete_id
    and lock_writable_athlete.viewer_id in (a.user_id, a.kept_by)
  for share;
  return workouts.writable_athlete_id(lock_writable_athlete.viewer_id, lock_writable_athlete.athlete_id);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.locked_doubt(viewer_id bigint, doubt_id bigint)
 RETURNS doubts
 LANGUAGE plpgsql
AS $function$
declare
  doubt workouts.doubts;
begin
  for look in 1 .. 2 loop
    select d.*
    into doubt
    from workouts.doubts as d
    where d.id = locked_doubt.doubt_id;
    if doubt.id is null
      or not workouts.may_change_session(locked_doubt.viewer_id, doubt.athlete_id, doubt.local_on) then
      perform workouts.no_such('doubt');
    end if;
    perform s.id
    from workouts.sessions as s
    where s.id = doubt.session_id
    for update;
  end loop;
  return doubt;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.longest_usual_session(sport text)
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN is_endurance_sport(sport) THEN '24:00:00'::interval ELSE '04:00:00'::interval END;

CREATE OR REPLACE FUNCTION workouts.mail_wait(recipient text, sender text)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  keys constant bytea[] := array[
    sha256(convert_to('mail by ' || sender || ' to ' || lower(recipient), 'UTF8')),
    sha256(convert_to('mail by ' || sender, 'UTF8')),
    sha256(convert_to('mail to ' || lower(recipient), 'UTF8'))
  ];
  drain_s constant float8[] := '{600, 60, 600}';
  asked_at timestamptz;
  levels float8[];
  wait_s float8;
begin
  perform workouts.lock_throttles(keys);
  asked_at := clock_timestamp();
  levels := workouts.throttle_levels(keys, drain_s, asked_at);
  wait_s := greatest(
    0,
    (levels[1] + 1 - case when levels[3] >= 12 then 1 else 3 end) * drain_s[1],
    (levels[2] + 1 - 60) * drain_s[2]
  );
  if wait_s = 0 then
    perform workouts.fill_throttles(keys, levels, asked_at);
  end if;
  return ceil(wait_s);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.mark_doubtful_sets(session_id bigint)
 RETURNS void
 LANGUAGE sql
AS $function$
  update workouts.sets as t
  set kind = m.kind
  from (
    select
      o.exercise_no,
      o.set_no,
      workouts.doubtful_kind(o.kind, exists (
        select
        from workouts.doubts as d
        where d.session_id = o.session_id
          and d.exercise_no = o.exercise_no
          and d.set_no = o.set_no
          and d.state = 'open'
          and d.rule <> 'ratings_differ'
      )) as kind
    from workouts.sets as o
    where o.session_id = mark_doubtful_sets.session_id
  ) as m
  where t.session_id = mark_doubtful_sets.session_id
    and t.exercise_no = m.exercise_no
    and t.set_no = m.set_no
    and t.kind <> m.kind;
$function$;

CREATE OR REPLACE FUNCTION workouts.may_change_session(viewer_id bigint, athlete_id bigint, local_on date)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  perform
  from workouts.athletes as a
  where a.id = may_change_session.athlete_id
    and may_change_session.viewer_id in (a.user_id, a.kept_by);
  return found or workouts.forbidden_if(
    workouts.sees_day(may_change_session.viewer_id, may_change_session.athlete_id, may_change_session.local_on)
  );
end
$function$;

CREATE OR REPLACE FUNCTION workouts.measured_load_formulas(method text, women double precision, decay text, with_acwr boolean)
 RETURNS json
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select (
    workouts.load_formulas(decay, with_acwr)::jsonb - 'estimates' || jsonb_build_object(
      'session_load',
      case method
        when 'trimp' then workouts.formula_json(
          'Σ minutes · x · k · e^(b·x) over laps, or of the session; x = (average heart rate − resting) / '
          '(highest − resting); men k 0.64, b 1.92; women k '
          || women || ', b 1.67',
          'Banister 1991; Morton, Fitz-Clarke & Banister 1990, J Appl Physiol 69:1171',
          'Two constants k are in use for women, 0.86 (Banister) and 0.64 (GoldenCheetah): 34 % apart. Laps with heart '
          'rates show intervals; without them the mean of a session with intervals understates its load.'
        )
        when 'edwards' then workouts.formula_json(
          'Σ minutes · zone over laps; each lap is in the zone of its mean heart rate: 1 from 50 % of the highest, 2 from '
          '60 %, 3 from 70 %, 4 from 80 %, 5 from 90 %',
          'Edwards 1993, The Heart Rate Monitor Book',
          'Edwards counts the time in each zone; here a lap is in one zone as a whole.'
        )
        when 'hrtss' then workouts.formula_json(
          '100 · TRIMP / TRIMP of 60 minutes at the threshold heart rate; TRIMP: men k 0.64, b 1.92; women b 1.67, k cancels',
          'GoldenCheetah, TRIMP100; Banister 1991',
          'Laps with heart rates show intervals; without them the mean of a session with intervals understates its load.'
        )
        when 'rtss' then workouts.formula_json(
          'Σ hours · IF² · 100 over laps, or of the session; IF = graded speed / threshold speed; graded speed = '
          'speed · C(i) / C(0); C(i) = 155.4i⁵ − 30.4i⁴ − 43.3i³ + 46.3i² + 19.5i + 3.6',
          'TrainingPeaks rTSS; Minetti et al. 2002, J Appl Physiol 93:1039',
          'i = ±(ascent + descent) / distance, uphill and downhill in the proportion of ascent and descent.'
        )
        when 'power_tss' then workouts.formula_json(
          'hours · IF² · 100; IF = normalized power / FTP; from 20 minutes on',
          'Coggan 2003; Allen & Coggan 2010, Training and Racing with a Power Meter'
        )
      end
    )
  )::json
$function$;

CREATE OR REPLACE FUNCTION workouts.members_of_team(team_id bigint)
 RETURNS TABLE(members json, member_count bigint)
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select
    json_agg(
      workouts.team_member_json(m.user_id, m.username, m.full_name, m.role, m.joined_on)
      order by m.role desc, m.joined_on, m.user_id
    ),
    coalesce(max(m.of_all), 0)
  from (
    select c.user_id, u.username, u.full_name, c.role, c.joined_on, count(*) over () as of_all
    from workouts.team_members as c
    join workouts.users as u on u.id = c.user_id
    where c.team_id = members_of_team.team_id
    order by c.role desc, c.joined_on, c.user_id
    limit 200
  ) as m
$function$;

CREATE OR REPLACE FUNCTION workouts.mend_user_days()
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'workouts', 'pg_temp'
AS $function$
declare
  mended bigint;
begin
  select count(*)
  into mended
  from (
    select
      coalesce(c.day, k.day) as day,
      coalesce(c.users, 0) - coalesce(k.users, 0) as users,
      coalesce(c.active, 0) - coalesce(k.active, 0) as active,
      coalesce(c.superusers, 0) - coalesce(k.superusers, 0) as superusers
    from (
      select
        (u.created_at at time zone 'UTC')::date as day,
        count(*) as users,
        count(*) filter (where u.is_active) as active,
        count(*) filter (where u.is_superuser) as superusers
      from users as u
      group by 1
    ) as c
    full join (
      select d.created_on as day, sum(d.users) as users, sum(d.active) as active, sum(d.superusers) as superusers
      from user_days as d
      group by 1
    ) as k on k.day = c.day
  ) as wrong
  cross join lateral add_to_user_days(
    wrong.day, wrong.users::bigint, wrong.active::bigint, wrong.superusers::bigint
  )
  where (wrong.users, wrong.active, wrong.superusers) <> (0, 0, 0);
  return mended;
end
$function$;
revoke execute on routine mend_user_days() from public;
grant execute on routine mend_user_days() to workouts_app;

CREATE OR REPLACE FUNCTION workouts.merge_exercise(viewer_id bigint, exercise_id bigint, into_id bigint)
 RETURNS exercises
 LANGUAGE plpgsql
AS $function$
declare
  source workouts.exercises := workouts.lock_own_exercises(merge_exercise.viewer_id, merge_exercise.exercise_id);
  target_id bigint;
  moved bigint[];
  moved_nos smallint[];
begin
  if source.id is null then
    perform workouts.no_such('exercise');
  elsif source.merged_into is not null then
    perform workouts.clash('into', 'The exercise is merged already. Undo that merge first.');
  end if;
  select workouts.merged_exercise_id(x.id) into target_id
  from workouts.exercises as x
  where x.id = merge_exercise.into_id
    and coalesce(x.athlete_id, 0) in (0, source.athlete_id);
  if target_id is null then
    perform workouts.refuse('into', 'There is no such exercise.');
  elsif target_id = source.id then
    perform workouts.refuse('into', 'Expected another exercise, which is not merged into this one.');
  elsif workouts.merges_before(source.id) > 98 then
    perform workouts.refuse('into', 'Expected at most 99 merges one after the other: undo one first.');
  end if;
  with moving as (
    update workouts.session_exercises as e
    set exercise_id = target_id
    where e.exercise_id = source.id
      and e.athlete_id = source.athlete_id
    returning e.session_id, e.exercise_no
  )
  select
    coalesce(array_agg(m.session_id order by m.session_id, m.exercise_no), '{}'),
    coalesce(array_agg(m.exercise_no order by m.session_id, m.exercise_no), '{}')
  into moved, moved_nos
  from moving as m;
  insert into workouts.exercise_merges (exercise_id, session_ids, exercise_nos)
  values (source.id, moved, moved_nos);
  perform workouts.raise_sessions(moved);
  update workouts.exercises as x
  set merged_into = target_id,
      version = x.version + 1,
      updated_at = now()
  where x.id = source.id
  returning x.* into source;
  return source;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.merged_exercise_id(exercise_id bigint)
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  with recursive chain as (
    select x.id, x.merged_into, 1 as step
    from workouts.exercises as x
    where x.id = merged_exercise_id.exercise_id
    union all
    select x.id, x.merged_into, c.step + 1
    from chain as c
    join workouts.exercises as x on x.id = c.merged_into
    where c.step < 100
  )
  select coalesce(
    (
      select c.id
      from chain as c
      where c.merged_into is null
    ),
    merged_exercise_id.exercise_id
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.merges_before(exercise_id bigint)
 RETURNS integer
 LANGUAGE sql
 STABLE
AS $function$
  with recursive before as (
    select merges_before.exercise_id as id, 0 as merges
    union all
    select x.id, b.merges + 1
    from before as b
    join workouts.exercises as x on x.merged_into = b.id
    where b.merges < 100
  )
  select max(b.merges)
  from before as b
$function$;

CREATE OR REPLACE FUNCTION workouts.muscle_json(muscle text, share double precision)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object('muscle', muscle, 'share', share)
$function$;

CREATE OR REPLACE FUNCTION workouts.muscle_share_json(code text, muscle_group text, share double precision)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object('code', code, 'group', muscle_group, 'share', share)
$function$;

CREATE OR REPLACE FUNCTION workouts.muscle_shares_in(document json)
 RETURNS TABLE(code text, muscle_group text, share double precision)
 LANGUAGE sql
 STABLE
AS $function$
  select k.code, k.muscle_group, g.share
  from json_to_recordset(coalesce(document -> 'muscle_shares', '[]')) as g (code text, share float8)
  join workouts.muscle_codes as k on k.code = g.code
  union all
  select k.code, k.muscle_group, g.share
  from json_to_recordset(coalesce(document -> 'muscles', '[]')) as g (muscle text, share float8)
  join workouts.muscle_codes as k on k.muscle = g.muscle and k.is_usual
  where json_array_length(coalesce(document -> 'muscle_shares', '[]')) = 0
$function$;

CREATE OR REPLACE FUNCTION workouts.muscles_in(document json)
 RETURNS TABLE(muscle_id smallint, muscle text, share double precision)
 LANGUAGE sql
AS $function$
  select
    coalesce(
      (
        select m.id
        from workouts.muscles as m
        where m.name = g.muscle
      ),
      workouts.refuse('muscles.' || g.place - 1 || '.muscle', 'There is no such muscle.')::smallint
    ),
    g.muscle,
    g.share
  from rows from (
    json_to_recordset(coalesce(document -> 'muscles', '[]')) as (muscle text, share float8)
  ) with ordinality as g (muscle, share, place)
  union all
  select m.id, m.name, max(g.share)
  from json_to_recordset(coalesce(document -> 'muscle_shares', '[]')) as g (code text, share float8)
  join workouts.muscle_codes as k on k.code = g.code
  join workouts.muscles as m on m.name = k.muscle
  where json_array_length(coalesce(document -> 'muscles', '[]')) = 0
  group by m.id, m.name
$function$;

CREATE OR REPLACE FUNCTION workouts.no_such(thing text)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
begin
  raise exception using errcode = 'WK404', message = 'No such ' || thing || '.';
end
$function$;

CREATE OR REPLACE FUNCTION workouts.numbered_session(session json, session_id bigint)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  stored integer[];
  stored_ids bigint[];
  whose bigint;
  last_no integer;
  taken integer[];
  number integer;
  means_stored boolean;
  given record;
  sets jsonb;
  exercises jsonb[] := '{}';
begin
  if position('"counts_on"' in session::text) = 0 then
    return session;
  end if;
  select
    coalesce(array_agg(x.exercise_no::integer order by x.position, x.exercise_no), '{}'),
    coalesce(array_agg(x.exercise_id order by x.position, x.exercise_no), '{}')
  into stored, stored_ids
  from workouts.session_exercises as x
  where x.session_id = numbered_session.session_id;
  select s.athlete_id, s.last_exercise_no into whose, last_no
  from workouts.sessions as s
  where s.id = numbered_session.session_id;
  select
    greatest(last_no, max(u.exercise_no)),
    stored || coalesce(array_agg(u.exercise_no) filter (where u.is_named), '{}'),
    coalesce(bool_and(u.counts_on) filter (where u.counts_on is not null), true)
  into last_no, taken, means_stored
  from (
    select unnest(stored) as exercise_no, true as is_named, null::boolean as counts_on
    union all
    select e.exercise_no, false, null
    from workouts.set_edits as e
    where e.session_id = numbered_session.session_id
    union all
    select c.exercise_no, true, null
    from workouts.session_comments as c
    where c.session_id = numbered_session.session_id
    union all
    select case when g.one ? 'counts_on' then 0 else (g.one ->> 'exercise_no')::integer end, true, g.one ? 'counts_on'
    from jsonb_array_elements(session::jsonb -> 'exercises') as g (one)
  ) as u;
  for given in
    select g.one, g.one ? 'counts_on' as counts_on, g.place
    from jsonb_array_elements(session::jsonb -> 'exercises') with ordinality as g (one, place)
    order by g.place
  loop
    number := (given.one ->> 'exercise_no')::integer;
    if given.counts_on then
      number := null;
      if means_stored then
        select o.exercise_no into number
        from unnest(stored, stored_ids) with ordinality as o (exercise_no, exercise_id, place)
        where o.exercise_id = workouts.usable_exercise_id((given.one ->> 'exercise_id')::bigint, whose)
        order by o.place
        limit 1;
        if number is not null then
          stored_ids[array_position(stored, number)] := null;  -- it stands for one row of the list
        end if;
      end if;
      if number is null then
        number := workouts.unused_number(last_no, taken);
        last_no := greatest(last_no, number);
        taken := taken || number;
      end if;
    end if;
    sets := workouts.numbered_sets(given.one -> 'sets', numbered_session.session_id, number);
    perform workouts.refuse(
      format('exercises.%s.sets.%s.drop_of', given.place - 1, g.place - 1), 'A drop set names another set that it follows.'
    )
    from jsonb_array_elements(sets) with ordinality as g (one, place)
    where g.one -> 'drop_of' = g.one -> 'set_no';
    exercises := exercises || (
      given.one - 'counts_on' || jsonb_build_object('exercise_no', number, 'sets', sets)
    );
  end loop;
  return (session::jsonb || jsonb_build_object('exercises', to_jsonb(exercises)))::json;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.numbered_sets(sets jsonb, session_id bigint, exercise_no integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  stored integer[];
  taken integer[];
  last_no integer;
  number integer;
  numbers integer[] := '{}';
  means_stored boolean;
  given record;
begin
  if not jsonb_path_exists(sets, '$[*].counts_on') then
    return sets;
  end if;
  select coalesce(array_agg(t.set_no::integer order by t.position, t.set_no), '{}') into stored
  from workouts.sets as t
  where t.session_id = numbered_sets.session_id
    and t.exercise_no = numbered_sets.exercise_no;
  select
    coalesce(max(u.set_no), 0),
    stored || coalesce(array_agg(u.set_no) filter (where u.is_named), '{}'),
    coalesce(bool_and(u.counts_on) filter (where u.counts_on is not null), true)
  into last_no, taken, means_stored
  from (
    select unnest(stored) as set_no, true as is_named, null::boolean as counts_on
    union all
    select e.set_no, false, null
    from workouts.set_edits as e
    where e.session_id = numbered_sets.session_id
      and e.exercise_no = numbered_sets.exercise_no
    union all
    select c.set_no, true, null
    from workouts.session_comments as c
    where c.session_id = numbered_sets.session_id
      and c.exercise_no = numbered_sets.exercise_no
    union all
    select case when g.one ? 'counts_on' then 0 else (g.one ->> 'set_no')::integer end, true, g.one ? 'counts_on'
    from jsonb_array_elements(sets) as g (one)
  ) as u;
  for given in
    select g.one ? 'counts_on' as counts_on, (g.one ->> 'set_no')::integer as set_no, g.place
    from jsonb_array_elements(sets) with ordinality as g (one, place)
    order by g.place
  loop
    if not given.counts_on then
      numbers := numbers || given.set_no;
    elsif means_stored and given.place <= cardinality(stored) then
      numbers := numbers || stored[given.place];
    else
      number := workouts.unused_number(last_no, taken);
      last_no := greatest(last_no, number);
      taken := taken || number;
      numbers := numbers || number;
    end if;
  end loop;
  return (
    select jsonb_agg(
      g.one - 'counts_on'
      || jsonb_build_object('set_no', numbers[g.place])
      || case
        -- Without numbers, a drop set names the set that it follows by its place in the list.
        when means_stored and (g.one ->> 'drop_of')::integer <= cardinality(numbers)
          then jsonb_build_object('drop_of', numbers[(g.one ->> 'drop_of')::integer])
        else '{}'
      end
      order by g.place
    )
    from jsonb_array_elements(sets) with ordinality as g (one, place)
  );
end
$function$;

CREATE OR REPLACE FUNCTION workouts.open_request(user_id bigint, request_id text, timeout_ms bigint, plan_mode text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform set_config('app.user_id', coalesce(open_request.user_id::text, ''), true),
          set_config('app.request_id', open_request.request_id, true),
          set_config(
            'application_name',
            left(concat('workouts-api ', open_request.request_id, ' user=' || open_request.user_id), 63),
            true
          ),
          set_config('statement_timeout', open_request.timeout_ms::text, true),
          set_config('plan_cache_mode', open_request.plan_mode, true);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.other_owners_now(team_id bigint, user_id bigint)
 RETURNS bigint
 LANGUAGE sql
AS $function$
  select count(*)
  from workouts.team_members as m
  where m.team_id = other_owners_now.team_id
    and m.user_id <> other_owners_now.user_id
    and m.role = 'owner'
$function$;

CREATE OR REPLACE FUNCTION workouts.owned_rows()
 RETURNS TABLE(table_id regclass, deletes text, clears text)
 LANGUAGE sql
 STABLE
AS $function$
  with recursive owned (table_id, is_deleted, condition, depth) as (
    values
      ('workouts.users'::regclass, true, 'id = $1' collate "C", 0),
      ('workouts.athletes'::regclass, true, 'user_id = $1 or kept_by = $1' collate "C", 0),
      (
        'workouts.teams'::regclass,
        true,
        'id in (select mine.team_id from workouts.team_members as mine where mine.user_id = $1 and not exists (select'
        ' from workouts.team_members as other where other.team_id = mine.team_id and other.user_id <> $1))' collate "C",
        0
      )
    union all
    select
      c.conrelid::regclass,
      c.confdeltype = 'c',
      format(
        '(%s) in (select %s from %s where %s)',
        (
          select string_agg(quote_ident(a.attname), ', ' order by k.place)
          from unnest(c.conkey) with ordinality as k (number, place)
          join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.number
        ),
        (
          select string_agg(quote_ident(a.attname), ', ' order by k.place)
          from unnest(c.confkey) with ordinality as k (number, place)
          join pg_attribute as a on a.attrelid = c.confrelid and a.attnum = k.number
        ),
        o.table_id,
        o.condition
      ),
      o.depth + 1
    from owned as o
    join pg_constraint as c on c.confrelid = o.table_id
    where c.contype = 'f'
      and c.confdeltype in ('c', 'n')
      and o.is_deleted
      and c.conname not in ('athletes_user_id_fkey', 'athletes_kept_by_fkey')
      and o.depth < 10
  )
  select
    o.table_id,
    coalesce(string_agg(o.condition, ' or ') filter (where o.is_deleted), 'false'),
    coalesce(string_agg(o.condition, ' or ') filter (where not o.is_deleted), 'false')
  from owned as o
  group by o.table_id
$function$;

CREATE OR REPLACE FUNCTION workouts.parent_of_drop(kinds "char"[], place integer)
 RETURNS smallint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (SELECT (max(k.place))::smallint AS max FROM unnest(parent_of_drop.kinds) WITH ORDINALITY k(kind, place) WHERE ((k.place < parent_of_drop.place) AND (k.kind <> 'd'::"char")));

CREATE OR REPLACE FUNCTION workouts.pattern_of(words text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN (('%'::text || regexp_replace(lower(words), '([\\%_])'::text, '\\\1'::text, 'g'::text)) || '%'::text);

CREATE OR REPLACE FUNCTION workouts.period_json(zone text, zone_is_known boolean, week_start smallint, from_on date, to_on date, bucket text)
 RETURNS json
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN json_build_object('from', from_on, 'to', to_on, 'bucket', bucket, 'week_start', week_start, 'zone', zone, 'zone_is_known', zone_is_known);

CREATE OR REPLACE FUNCTION workouts.permit_guess(account text, address inet)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  keys constant bytea[] := workouts.guess_keys(account, address);
  wait_s integer;
begin
  if account = '' then
    return true;
  end if;
  perform
  from workouts.throttles as g
  where g.key = any (keys)
  order by g.key
  for update;
  select s.wait_s into wait_s from workouts.guess_state(keys, clock_timestamp()) as s;
  if wait_s > 0 then
    raise exception using errcode = 'WK429', message = 'Too many wrong passwords: wait.', detail = wait_s::text;
  end if;
  return workouts.refund_guess(account, address);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.permit_mail(email text, sender_id bigint)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  wait_s constant integer := workouts.mail_wait(email, 'user ' || sender_id);
begin
  if wait_s > 0 then
    raise exception using errcode = 'WK429', message = 'Too many mails: wait.', detail = wait_s::text;
  end if;
  return true;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.place_of(address inet)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN COALESCE(CASE WHEN (family(address) = 6) THEN (network(set_masklen(address, 64)))::text ELSE host(address) END, 'none'::text);

CREATE OR REPLACE FUNCTION workouts.position_in_log()
 RETURNS bigint
 LANGUAGE sql
RETURN ((CASE WHEN pg_is_in_recovery() THEN GREATEST(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_insert_lsn() END - '0/0'::pg_lsn))::bigint;

CREATE OR REPLACE FUNCTION workouts.present_athletes()
 RETURNS TABLE(team_id bigint, athlete_id bigint, joined_on date, left_on date)
 LANGUAGE sql
 STABLE
AS $function$
  select t.team_id, t.athlete_id, t.joined_on, t.left_on
  from workouts.team_athletes as t
  where (t.left_on is null or t.left_on > (statement_timestamp() at time zone 'UTC')::date - 1)
    and (
      t.member_days @> daterange(
        (statement_timestamp() at time zone 'UTC')::date - 1,
        (statement_timestamp() at time zone 'UTC')::date + 1,
        '[]'
      )
      or t.member_days @> (
        select (statement_timestamp() at time zone workouts.zone_or_utc(a.zone))::date
        from workouts.athletes as a
        where a.id = t.athlete_id
      )
    )
$function$;

CREATE OR REPLACE FUNCTION workouts.progress_of_set(session_id bigint, exercise_no smallint, set_no smallint)
 RETURNS TABLE(records json, rest_s integer, done_at text)
 LANGUAGE sql
 ROWS 1
AS $function$
  select
    (
      select coalesce(json_agg(k.kind order by k.place), '[]')
      from workouts.bests_before_set(t, x) as k
      where workouts.rounded(k.value, 2) > workouts.rounded(k.best_before, 2)
        and workouts.rounded(k.value, 2) > coalesce(workouts.rounded(k.best_that_day, 2), '-infinity')
    ),
    extract(epoch from t.done_at - (
      select max(o.done_at)
      from workouts.sets as o
      where o.session_id = t.session_id
        and o.done_at < t.done_at
    ))::integer,
    workouts.rfc3339(t.done_at)
  from workouts.sets as t
  join workouts.exercises as x on x.id = t.exercise_id
  where t.session_id = progress_of_set.session_id
    and t.exercise_no = progress_of_set.exercise_no
    and t.set_no = progress_of_set.set_no
$function$;

CREATE OR REPLACE FUNCTION workouts.raise_sessions(session_ids bigint[])
 RETURNS void
 LANGUAGE sql
AS $function$
  update workouts.sessions as s
  set version = s.version + 1,
      import_version = s.import_version + (s.import_version = s.version)::int,
      set_rating_version = s.set_rating_version + 1,
      updated_at = now()
  where s.id = any(raise_sessions.session_ids)
$function$;

CREATE OR REPLACE FUNCTION workouts.raise_version()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  unseen constant text[] := tg_argv[0]::text[] || '{version,created_at,updated_at}';
begin
  if to_jsonb(new) - unseen <> to_jsonb(old) - unseen then
    new.version := old.version + 1;
    if new.updated_at = old.updated_at then
      new.updated_at := clock_timestamp();
    end if;
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.raise_version_above()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  above bigint;
  shown constant text[] := tg_argv[2]::text[];
begin
  if session_user = 'workouts_migrator' then
    return null;  -- a migration raises the versions that it wants to, and may change parts and whole in one statement
  end if;
  if shown is not null and not exists (
    select
    from unnest(shown) as s (name)
    where to_jsonb(old) -> s.name is distinct from to_jsonb(new) -> s.name
  ) then
    return null;
  end if;
  for above in
    select (r.content ->> tg_argv[1])::bigint
    from (
      select to_jsonb(old) as content
      where tg_op <> 'INSERT'
      union
      select to_jsonb(new)
      where tg_op <> 'DELETE'
    ) as r
    group by 1
  loop
    execute format(
      'update workouts.%I as p set version = p.version + 1, updated_at = clock_timestamp()'
      ' where p.id = $1 and p.xmin <> pg_current_xact_id()::xid',
      tg_argv[0]
    ) using above;
  end loop;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.rating_of_set(kind "char", rpe double precision, rir smallint)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN is_working_set(kind) THEN COALESCE(rpe, (CASE WHEN (rir <= 9) THEN (10 - rir) ELSE NULL::integer END)::double precision) ELSE NULL::double precision END;

CREATE OR REPLACE FUNCTION workouts.ratings_differ(rpe double precision, rir smallint)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN COALESCE(((abs((rpe - ((10 - rir))::double precision)) > (1)::double precision) AND (NOT ((rpe <= (6)::double precision) AND (rir >= 4)))), false);

CREATE OR REPLACE FUNCTION workouts.record_audit()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'workouts', 'pg_temp'
AS $function$
declare
  unimportant constant text[] := array['version', 'updated_at', 'created_at', 'last_used_on'];
  key_columns constant text[] := string_to_array(tg_argv[0], ',');
  secret_columns constant text[] := string_to_array(tg_argv[1], ',');
  old_row constant jsonb := coalesce(to_jsonb(old), '{}');
  new_row constant jsonb := coalesce(to_jsonb(new), '{}');
  any_row constant jsonb := old_row || new_row;
  changes jsonb := '{}';
begin
  if tg_op <> 'DELETE' then
    select coalesce(
      jsonb_object_agg(
        c.name,
        case when c.name <> all (secret_columns) then jsonb_build_object('old', old_row -> c.name, 'new', c.value) end
      ),
      '{}'
    )
    into changes
    from jsonb_each(new_row) as c (name, value)
    where c.name <> all (unimportant)
      and c.value is distinct from coalesce(old_row -> c.name, 'null');
    if tg_op = 'UPDATE' and changes = '{}' then
      return null;
    end if;
  end if;
  insert into audit_events (actor_id, request_id, action, table_name, row_key, person_id, changes)
  values (
    acting_user_id(),
    coalesce(current_setting('app.request_id', true), ''),
    lower(tg_op),
    tg_table_name,
    (select string_agg(any_row ->> k.name, ',' order by k.place) from unnest(key_columns) with ordinality as k (name, place)),
    (case tg_table_name when 'users' then any_row ->> 'id' else any_row ->> 'user_id' end)::bigint,
    changes
  );
  return null;
end
$function$;
revoke execute on routine record_audit() from public;

CREATE OR REPLACE FUNCTION workouts.record_formulas(e1rm text, most_reps integer)
 RETURNS json
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN json_build_object('e1rm', formula_json((CASE e1rm WHEN 'epley'::text THEN 'w · (1 + r / 30), w itself at 1 rep'::text WHEN 'brzycki'::text THEN 'w · 36 / (37 − r)'::text ELSE 'w · 100 / p(x), x = reps in reserve + r − 1; p = 0.347619·x² − 4.60714·x + 99.9667 up to 2.92, then 97.0955 − 2.64249·x, 50 from 16 on, 100 at 0'::text END || format('; sets of up to %s reps'::text, most_reps)), CASE e1rm WHEN 'epley'::text THEN 'Epley 1985, Poundage chart'::text WHEN 'brzycki'::text THEN 'Brzycki 1993, JOPERD 64(1):88'::text ELSE 'OpenPowerlifting, fit of Tuchscherer 2008, The Reactive Training Manual'::text END), 'effective_load', formula_json('bodyweight exercises: factor · bodyweight of the nearest weighing within 30 days + weight, negative where it helps; others: weight'::text, 'factor of the exercise'::text), 'records', formula_json('a day whose best is more than that of all days before, rounded to 0.01; warm-ups are left out, and sets of 0 reps of exercises that count reps'::text, 'a tie keeps the first'::text));

CREATE OR REPLACE FUNCTION workouts.record_weight_kg(athlete_id bigint, exercise_id bigint, local_on date, kind text, value double precision)
 RETURNS double precision
 LANGUAGE sql
 STABLE
AS $function$
  select max(t.weight_kg)
  from workouts.sets as t
  join workouts.sessions as s on s.id = t.session_id
  where t.athlete_id = record_weight_kg.athlete_id
    and t.exercise_id = record_weight_kg.exercise_id
    and t.local_on = record_weight_kg.local_on
    and s.status = 'done'
    and workouts.is_record_set(t.kind)
    and case record_weight_kg.kind
      when 'most_reps' then t.reps = record_weight_kg.value
      when 'longest' then t.duration_s = record_weight_kg.value
      when 'farthest' then workouts.rounded(t.distance_m, 2) = record_weight_kg.value
    end
$function$;

CREATE OR REPLACE FUNCTION workouts.refund_guess(account text, address inet)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  delete from workouts.throttles as g
  where g.key = (workouts.guess_keys(account, address))[1];
  return true;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.refuse(field text, message text)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
begin
  raise exception using errcode = 'WK422', message = refuse.message, column = refuse.field;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.refuse_taken_name(athlete_id bigint, exercise_id bigint, name text)
 RETURNS void
 LANGUAGE plpgsql
 SET enable_sort TO 'off'
AS $function$
declare
  folded constant text := workouts.folded_name(refuse_taken_name.name);
begin
  perform
  from workouts.exercises as x
  where x.athlete_id = refuse_taken_name.athlete_id
    and x.id <> refuse_taken_name.exercise_id
    and workouts.folded_name(x.name) between folded and folded
    and lower(x.name) <> lower(refuse_taken_name.name)  -- these are the unique index's, which `on conflict` knows
  order by workouts.folded_name(x.name)
  limit 1;
  if found then
    raise exception using
      errcode = 'unique_violation', schema = 'workouts', table = 'exercises', constraint = 'exercises_name_key',
      message = 'Another own exercise has this name.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.refuse_twin_of_address()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (
    select
    from workouts.users as u
    where lower(u.email) = workouts.address_in_letters(new.email)
      and u.id <> new.id
  ) then
    raise exception using errcode = '23505', constraint = 'users_email_key', message = 'This address is registered.';
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.refuse_unknown_exercises(session json, athlete_id bigint)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  unknown json;
begin
  select json_object_agg('exercises.' || f.place - 1 || '.exercise_id', json_build_array('There is no such exercise.'))
  into unknown
  from (
    select g.place
    from json_array_elements(session -> 'exercises') with ordinality as g (exercise, place)
    where not exists (
      select
      from workouts.exercises as x
      where x.id = (g.exercise ->> 'exercise_id')::bigint
        and (x.athlete_id is null or x.athlete_id = refuse_unknown_exercises.athlete_id)
    )
    order by g.place
    limit 100
  ) as f;
  raise exception using errcode = 'WK422', message = 'There is no such exercise.', detail = unknown::text;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.relation_to(viewer_id bigint, athlete athletes)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select case
    when athlete.user_id = relation_to.viewer_id then 'self'
    when athlete.kept_by = relation_to.viewer_id then 'keeper'
    when exists (
      select
      from workouts.coached_today(relation_to.viewer_id) as c
      where c.athlete_id = athlete.id
    ) then 'coach'
    when exists (
      select
      from workouts.visible_days(relation_to.viewer_id) as v
      where v.athlete_id = athlete.id
    ) then 'former_coach'
  end
$function$;

CREATE OR REPLACE FUNCTION workouts.relation_to_now(viewer_id bigint, athlete athletes)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
begin
  return workouts.relation_to(relation_to_now.viewer_id, relation_to_now.athlete);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.remember_client_key()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into workouts.deleted_client_keys (athlete_id, client_key)
  values (old.athlete_id, old.client_key)
  on conflict do nothing;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.report_buckets(from_on date, to_on date, bucket text, week_start smallint)
 RETURNS TABLE(starts_on date, ends_on date)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE ROWS 300
AS $function$
  select
    b.starts_at::date,
    least((b.starts_at + s.length)::date - 1, to_on)
  from (
    select case bucket when 'day' then interval '1 day' when 'week' then interval '7 days' else interval '1 month' end
  ) as s (length)
  cross join lateral generate_series(
    workouts.bucket_start(from_on, bucket, week_start)::timestamp, to_on::timestamp, s.length
  ) as b (starts_at)
$function$;

CREATE OR REPLACE FUNCTION workouts.report_period(viewer_id bigint, asked_athlete_id bigint, asked_from date, asked_to date, bucket text)
 RETURNS TABLE(athlete_id bigint, zone text, zone_is_known boolean, week_start smallint, seen_days datemultirange, seen_from date, today date, from_on date, to_on date)
 LANGUAGE plpgsql
 STABLE ROWS 1
AS $function$
#variable_conflict use_column
declare
  who workouts.athletes;
begin
  select a.*
  into who
  from workouts.athletes as a
  where a.id = $2
    or ($2 is null and a.user_id = $1);
  if who.id is null then
    perform workouts.no_such('athlete');
  end if;
  if $1 is distinct from who.user_id and $1 is distinct from who.kept_by then
    report_period.seen_days := workouts.visible_days_of($1, who.id);
  end if;
  report_period.athlete_id := who.id;
  report_period.zone := workouts.zone_or_utc(who.zone);
  report_period.zone_is_known := workouts.knows_zone(who.zone);
  report_period.week_start := who.week_start;
  report_period.seen_from := lower(report_period.seen_days);
  report_period.today := (statement_timestamp() at time zone workouts.zone_or_utc(who.zone))::date;
  report_period.to_on := coalesce($4, report_period.today);
  -- A bucket is whole: a first week of one day looks like a week of rest.
  report_period.from_on := coalesce($3, workouts.bucket_start(report_period.to_on - 84, $5, who.week_start));
  if report_period.from_on > report_period.to_on then
    perform workouts.refuse('from', 'Expected a day that is not after `to`.');
  elsif report_period.to_on > report_period.today + 366 then
    perform workouts.refuse('to', 'Expected a day within a year from today.');
  elsif report_period.to_on - report_period.from_on
    >= (case $5 when 'day' then 3653 when 'week' then 18263 else 36525 end) then
    perform workouts.refuse('from', 'Expected at most 10 years by day, 50 by week, 100 by month.');
  end if;
  return next;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.rewritten_kind(stored "char", stored_kg double precision, stored_reps smallint, given "char", given_kg double precision, given_reps smallint)
 RETURNS "char"
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN doubtful_kind(given, ((stored = ANY (ARRAY['o'::"char", 'x'::"char", 'e'::"char", 'g'::"char", 'b'::"char"])) AND (NOT (stored_kg IS DISTINCT FROM given_kg)) AND (NOT (stored_reps IS DISTINCT FROM given_reps))));

CREATE OR REPLACE FUNCTION workouts.rfc3339(at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN to_char((at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text);

CREATE OR REPLACE FUNCTION workouts.role_in_team(viewer_id bigint, team_id bigint)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(
    (
      select m.role
      from workouts.team_members as m
      where m.user_id = role_in_team.viewer_id
        and m.team_id = role_in_team.team_id
    ),
    (
      select 'athlete'
      from workouts.athletes as a
      join workouts.present_athletes() as p on p.athlete_id = a.id
      where a.user_id = role_in_team.viewer_id
        and p.team_id = role_in_team.team_id
      limit 1
    )
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.role_in_team_now(viewer_id bigint, team_id bigint)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
begin
  return workouts.role_in_team(role_in_team_now.viewer_id, role_in_team_now.team_id);
end
$function$;

CREATE OR REPLACE FUNCTION workouts.rounded(value double precision, digits integer)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((round((value * power((10)::double precision, (digits)::double precision))) / power((10)::double precision, (digits)::double precision)) + (0)::double precision);

CREATE OR REPLACE FUNCTION workouts.rtss(duration_s double precision, graded_m double precision, threshold_s_per_km double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (((duration_s / (3600)::double precision) * power((((graded_m / (1000)::double precision) * threshold_s_per_km) / duration_s), (2)::double precision)) * (100)::double precision);

CREATE OR REPLACE FUNCTION workouts.running_cost(gradient double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (abs(gradient) <= (0.45)::double precision) THEN (((((((((((155.4)::double precision * gradient) - (30.4)::double precision) * gradient) - (43.3)::double precision) * gradient) + (46.3)::double precision) * gradient) + (19.5)::double precision) * gradient) + (3.6)::double precision) ELSE NULL::double precision END;

CREATE OR REPLACE FUNCTION workouts.sees_day(viewer_id bigint, athlete_id bigint, day date)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return exists (
    select
    from workouts.visible_days(sees_day.viewer_id) as v
    where v.athlete_id = sees_day.athlete_id
      and v.days @> sees_day.day
  );
end
$function$;

CREATE OR REPLACE FUNCTION workouts.sees_exercise(viewer_id bigint, athlete_id bigint, exercise_id bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return exists (
    select
    from workouts.visible_days(sees_exercise.viewer_id) as v
    where v.athlete_id = sees_exercise.athlete_id
      and (
        v.days = '(,)'
        or exists (
          select
          from workouts.session_exercises as e
          where e.exercise_id = sees_exercise.exercise_id
            and e.local_on <@ v.days
        )
      )
  );
end
$function$;

CREATE OR REPLACE FUNCTION workouts.session_columns(session sessions)
 RETURNS TABLE(id bigint, title text, notes text, status text, started_at timestamp with time zone, ended_at timestamp with time zone, duration_s integer, zone text, local_on date, rpe double precision, sport text, moving_time_s integer, distance_m double precision, ascent_m double precision, descent_m double precision, average_heart_rate_bpm double precision, max_heart_rate_bpm smallint, average_power_w double precision, normalized_power_w double precision, exercise_count smallint, set_count smallint, volume_kg double precision, import_id bigint, end_is_guessed boolean, version integer, created_at timestamp with time zone, updated_at timestamp with time zone)
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
AS $function$
  select
    session.id,
    session.title,
    session.notes,
    session.status,
    session.started_at,
    session.ended_at,
    workouts.session_duration_s(session.started_at, session.ended_at),
    session.zone,
    session.local_on,
    session.rpe::float8,
    session.sport,
    session.moving_time_s,
    session.distance_m,
    session.ascent_m,
    session.descent_m,
    session.average_heart_rate_bpm,
    session.max_heart_rate_bpm,
    session.average_power_w,
    session.normalized_power_w,
    session.exercise_count,
    session.set_count,
    session.volume_kg,
    session.import_id,
    session.end_is_guessed,
    session.version,
    session.created_at,
    session.updated_at
$function$;

CREATE OR REPLACE FUNCTION workouts.session_duration_s(started_at timestamp with time zone, ended_at timestamp with time zone)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select extract(epoch from date_trunc('second', ended_at, 'UTC') - date_trunc('second', started_at, 'UTC'))::integer
$function$;

CREATE OR REPLACE FUNCTION workouts.session_exercise_json(exercise_no smallint, "position" smallint, exercise_id bigint, name text, superset smallint, notes text, sets json)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object(
    'exercise_no', exercise_no, 'position', "position", 'exercise_id', exercise_id, 'name', name,
    'superset', superset, 'notes', notes, 'sets', coalesce(sets, '[]')
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.session_json(session sessions, exercises json, laps json DEFAULT NULL::json)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object(
    'id', session.id, 'title', session.title, 'notes', session.notes,
    'status', session.status,
    'started_at', workouts.rfc3339(session.started_at), 'ended_at', workouts.rfc3339(session.ended_at),
    'duration_s', workouts.session_duration_s(session.started_at, session.ended_at),
    'zone', session.zone, 'local_on', session.local_on, 'rpe', session.rpe::float8,
    'sport', session.sport, 'moving_time_s', session.moving_time_s, 'distance_m', session.distance_m,
    'ascent_m', session.ascent_m, 'descent_m', session.descent_m,
    'average_heart_rate_bpm', session.average_heart_rate_bpm, 'max_heart_rate_bpm', session.max_heart_rate_bpm,
    'average_power_w', session.average_power_w, 'normalized_power_w', session.normalized_power_w,
    'exercise_count', session.exercise_count, 'set_count', session.set_count, 'volume_kg', session.volume_kg,
    'import_id', session.import_id, 'end_is_guessed', session.end_is_guessed, 'version', session.version,
    'created_at', workouts.rfc3339(session.created_at), 'updated_at', workouts.rfc3339(session.updated_at),
    'client_key', session.client_key, 'exercises', coalesce(exercises, '[]'),
    'laps', coalesce(laps, workouts.stored_laps(session.id))
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.session_json_of_client_key(athlete_id bigint, client_key uuid)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  stored json;
begin
  select workouts.session_json(s, parts.exercises, rounds.laps)
  into stored
  from workouts.sessions as s
  cross join lateral workouts.exercises_of_session(s.id) as parts
  cross join lateral workouts.laps_of_session(s.id) as rounds
  where s.athlete_id = session_json_of_client_key.athlete_id
    and s.client_key = session_json_of_client_key.client_key;
  if stored is null then
    raise exception using
      errcode = 'unique_violation', constraint = 'sessions_one_in_progress_key',
      message = 'Another session is in progress.';
  end if;
  return stored;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.session_seen_by(viewer_id bigint, session_id bigint)
 RETURNS SETOF sessions
 LANGUAGE sql
 STABLE ROWS 1
AS $function$
  select s.*
  from workouts.sessions as s
  where s.id = session_seen_by.session_id
    and (
      s.athlete_id = (
        select a.id
        from workouts.athletes as a
        where a.user_id = session_seen_by.viewer_id
      )
      or workouts.sees_day(session_seen_by.viewer_id, s.athlete_id, s.local_on)
    )
$function$;

CREATE OR REPLACE FUNCTION workouts.session_within_bounds(session json, session_id bigint)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  there integer := json_array_length(session -> 'exercises');
  large record;
begin
  if there > 100 and there > (
    select count(*)
    from workouts.session_exercises as x
    where x.session_id = session_within_bounds.session_id
  ) then
    perform workouts.refuse('exercises', format('Expected at most 100, there are %s.', there));
  end if;
  for large in
    select g.place, (g.one ->> 'exercise_no')::integer as exercise_no, json_array_length(g.one -> 'sets') as there
    from json_array_elements(session -> 'exercises') with ordinality as g (one, place)
    where json_array_length(g.one -> 'sets') > 200
  loop
    if large.there > (
      select count(*)
      from workouts.sets as t
      where t.session_id = session_within_bounds.session_id
        and t.exercise_no = large.exercise_no
    ) then
      perform workouts.refuse(
        'exercises.' || large.place - 1 || '.sets', format('Expected at most 200, there are %s.', large.there)
      );
    end if;
  end loop;
  return session;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.set_json(set_no smallint, "position" smallint, kind "char", reps smallint, weight_kg double precision, distance_m double precision, duration_s integer, rpe double precision, rir smallint, notes text, side text, tempo text, drop_of smallint, done_at timestamp with time zone)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object(
    'set_no', set_no, 'position', "position", 'kind', workouts.set_kind_name(kind), 'reps', reps,
    'weight_kg', weight_kg, 'distance_m', distance_m, 'duration_s', duration_s, 'rpe', rpe, 'rir', rir, 'notes', notes,
    'side', side, 'tempo', tempo, 'drop_of', drop_of, 'is_done', workouts.is_done_set(kind),
    'done_at', workouts.rfc3339(done_at)
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.set_kind(name text, is_done boolean)
 RETURNS "char"
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (CASE name WHEN 'normal'::text THEN CASE WHEN is_done THEN 'n'::text ELSE 'N'::text END WHEN 'warmup'::text THEN CASE WHEN is_done THEN 'w'::text ELSE 'W'::text END WHEN 'dropset'::text THEN CASE WHEN is_done THEN 'd'::text ELSE 'D'::text END WHEN 'failure'::text THEN CASE WHEN is_done THEN 'f'::text ELSE 'F'::text END WHEN 'amrap'::text THEN CASE WHEN is_done THEN 'a'::text ELSE 'A'::text END ELSE NULL::text END)::"char";

CREATE OR REPLACE FUNCTION workouts.set_kind_name(kind "char")
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (kind = ANY (ARRAY['n'::"char", 'N'::"char", 'o'::"char"])) THEN 'normal'::text WHEN (kind = ANY (ARRAY['w'::"char", 'W'::"char", 'x'::"char"])) THEN 'warmup'::text WHEN (kind = ANY (ARRAY['d'::"char", 'D'::"char", 'e'::"char"])) THEN 'dropset'::text WHEN (kind = ANY (ARRAY['a'::"char", 'A'::"char", 'b'::"char"])) THEN 'amrap'::text ELSE 'failure'::text END;

CREATE OR REPLACE FUNCTION workouts.set_volume_kg(kind "char", weight_kg double precision, reps smallint)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((kind >= 'a'::"char") AND (kind < 'w'::"char") AND (weight_kg > (0)::double precision)) THEN (weight_kg * (reps)::double precision) ELSE (0)::double precision END;

CREATE OR REPLACE FUNCTION workouts.settle_session(session_id bigint, ended_at timestamp with time zone, is_guessed boolean, clears_times boolean)
 RETURNS integer
 LANGUAGE sql
AS $function$
  update workouts.sets as t
  set done_at = null
  where t.session_id = settle_session.session_id
    and t.done_at is not null
    and clears_times;
  update workouts.sessions as s
  set ended_at = coalesce(settle_session.ended_at, s.ended_at),
      end_is_guessed = case when settle_session.ended_at is null then s.end_is_guessed else is_guessed end,
      version = s.version + 1,
      set_rating_version = s.set_rating_version + 1,
      updated_at = now()
  where s.id = settle_session.session_id
  returning s.version;
$function$;

CREATE OR REPLACE FUNCTION workouts.share_of_maximum(reps integer, reserve double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (((reserve + (LEAST(reps, 24))::double precision) - (1)::double precision) = (0)::double precision) THEN (100)::double precision WHEN (((reserve + (LEAST(reps, 24))::double precision) - (1)::double precision) >= (16)::double precision) THEN (50)::double precision WHEN (((reserve + (LEAST(reps, 24))::double precision) - (1)::double precision) <= (2.92)::double precision) THEN ((((0.347619)::double precision * power(((reserve + (LEAST(reps, 24))::double precision) - (1)::double precision), (2)::double precision)) - ((4.60714)::double precision * ((reserve + (LEAST(reps, 24))::double precision) - (1)::double precision))) + (99.9667)::double precision) ELSE ((97.0955)::double precision - ((2.64249)::double precision * ((reserve + (LEAST(reps, 24))::double precision) - (1)::double precision))) END;

CREATE OR REPLACE FUNCTION workouts.stay_json(team_id bigint, athlete_id bigint, name text, joined_on date, left_on date, keeps_history boolean)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object(
    'team_id', team_id, 'athlete_id', athlete_id, 'name', name, 'joined_on', joined_on, 'left_on', left_on,
    'keeps_history', keeps_history
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.stored_laps(session_id bigint)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select p.laps
  from workouts.laps_of_session(stored_laps.session_id) as p
$function$;

CREATE OR REPLACE FUNCTION workouts.stored_set_json(stored sets)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select workouts.set_json(
    stored.set_no, stored.position, stored.kind, stored.reps, stored.weight_kg, stored.distance_m, stored.duration_s,
    stored.rpe::float8, stored.rir, stored.notes, stored.side, stored.tempo, stored.drop_of, stored.done_at
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.take_former_name(athlete_id bigint, exercise_id bigint, name text)
 RETURNS void
 LANGUAGE sql
AS $function$
  update workouts.exercises as x
  set former_names = array_remove(x.former_names, take_former_name.name)
  where coalesce(x.athlete_id, 0) = take_former_name.athlete_id
    and x.former_names <> '{}'
    and x.former_names @> array[take_former_name.name]
    and x.id <> take_former_name.exercise_id
$function$;

CREATE OR REPLACE FUNCTION workouts.take_former_name_for_alias()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform workouts.take_former_name(x.athlete_id, x.id, lower(new.alias))
  from workouts.exercises as x
  where x.id = new.exercise_id
    and x.athlete_id is not null;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.team_columns(team teams)
 RETURNS TABLE(id bigint, name text, headquarters text, version integer, created_at timestamp with time zone, updated_at timestamp with time zone)
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
AS $function$
  select
    team.id,
    team.name,
    team.headquarters,
    team.version,
    team.created_at,
    team.updated_at
$function$;

CREATE OR REPLACE FUNCTION workouts.team_json(team teams, my_role text, members json, athletes json, member_count bigint DEFAULT NULL::bigint, athlete_count bigint DEFAULT NULL::bigint)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object(
    'id', team.id, 'name', team.name, 'headquarters', team.headquarters, 'version', team.version,
    'created_at', workouts.rfc3339(team.created_at), 'updated_at', workouts.rfc3339(team.updated_at),
    'my_role', my_role, 'members', coalesce(members, '[]'), 'athletes', coalesce(athletes, '[]'),
    'member_count', coalesce(member_count, json_array_length(members), 0),
    'athlete_count', coalesce(athlete_count, json_array_length(athletes), 0)
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.team_member_json(user_id bigint, username text, full_name text, role text, joined_on date)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object(
    'user_id', user_id, 'username', username, 'full_name', full_name, 'role', role, 'joined_on', joined_on
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.team_of_athlete_json(team_id bigint, name text, joined_on date, left_on date)
 RETURNS json
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select json_build_object('id', team_id, 'name', name, 'joined_on', joined_on, 'left_on', left_on)
$function$;

CREATE OR REPLACE FUNCTION workouts.teams_of_athlete(athlete_id bigint)
 RETURNS TABLE(teams json)
 LANGUAGE sql
 STABLE
AS $function$
  select json_agg(
    workouts.team_of_athlete_json(t.id, t.name, p.joined_on, p.left_on)
    order by lower(t.name)
  )
  from workouts.present_athletes() as p
  join workouts.teams as t on t.id = p.team_id
  where p.athlete_id = teams_of_athlete.athlete_id
$function$;

CREATE OR REPLACE FUNCTION workouts.tell_old_address(user_id bigint, old_email text)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
begin
  return workouts.defer_mail('email_changed', json_build_object(
    'user_id', tell_old_address.user_id, 'email', old_email, 'at', workouts.rfc3339(clock_timestamp())
  ));
end
$function$;

CREATE OR REPLACE FUNCTION workouts.throttle_levels(keys bytea[], drain_s double precision[], asked_at timestamp with time zone)
 RETURNS double precision[]
 LANGUAGE sql
 STABLE
AS $function$
  select array_agg(
    greatest(0, coalesce(g.level - extract(epoch from asked_at - g.last_at) / drain_s[k.place], 0))
    order by k.place
  )
  from unnest(keys) with ordinality as k (key, place)
  left join workouts.throttles as g on g.key = k.key
$function$;

CREATE OR REPLACE FUNCTION workouts.trimp(duration_s double precision, bpm double precision, resting_bpm double precision, max_bpm double precision, sex text, women double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (((duration_s / (60)::double precision) * ((bpm - resting_bpm) / NULLIF((max_bpm - resting_bpm), (0)::double precision))) * CASE sex WHEN 'male'::text THEN ((0.64)::double precision * exp(((1.92)::double precision * ((bpm - resting_bpm) / NULLIF((max_bpm - resting_bpm), (0)::double precision))))) WHEN 'female'::text THEN (women * exp(((1.67)::double precision * ((bpm - resting_bpm) / NULLIF((max_bpm - resting_bpm), (0)::double precision))))) ELSE NULL::double precision END);

CREATE OR REPLACE FUNCTION workouts.undo_doubt(viewer_id bigint, doubt_id bigint)
 RETURNS doubts
 LANGUAGE plpgsql
AS $function$
declare
  doubt workouts.doubts := workouts.locked_doubt(undo_doubt.viewer_id, undo_doubt.doubt_id);
  now_at integer;
begin
  if doubt.state = 'open' then
    perform workouts.no_such('decision');
  end if;
  if doubt.before ? 'made' then
    now_at := case
      when doubt.exercise_no > 0
        then (
          select e.version
          from workouts.set_edits as e
          where (e.session_id, e.exercise_no, e.set_no) = (doubt.session_id, doubt.exercise_no, doubt.set_no)
        )
      else (
        select s.version
        from workouts.sessions as s
        where s.id = doubt.session_id
      )
    end;
    if now_at is distinct from (doubt.before ->> 'made')::integer then
      perform workouts.clash('decision', 'It was changed since: what was stored before cannot come back.');
    elsif doubt.exercise_no > 0 then
      perform workouts.write_doubted_set(doubt, doubt.before - array['made', 'fields', 'facts'] || '{"is_gone": false}');
    else
      perform workouts.settle_session(
        doubt.session_id, (doubt.before ->> 'ended_at')::timestamptz, (doubt.before ->> 'end_is_guessed')::boolean, false
      );
      update workouts.sets as t
      set done_at = (b.place ->> 2)::timestamptz
      from jsonb_array_elements(nullif(doubt.before -> 'times', 'null')) as b (place)
      where t.session_id = doubt.session_id
        and t.exercise_no = (b.place ->> 0)::smallint
        and t.set_no = (b.place ->> 1)::smallint;
    end if;
  end if;
  update workouts.doubts as d
  set state = 'open',
      decided_at = null,
      before = null
  where d.id = doubt.id
  returning d.* into doubt;
  perform workouts.mark_doubtful_sets(doubt.session_id);
  return doubt;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.undo_email_change(token_sha256 bytea)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  found_user_id bigint;
  undone workouts.email_changes;
begin
  select e.user_id into found_user_id
  from workouts.email_changes as e
  where e.undo_sha256 = undo_email_change.token_sha256;
  perform
  from workouts.users as u
  where u.id = found_user_id
    and u.is_active
  for update;
  if not found then
    return null;
  end if;
  select e.* into undone
  from workouts.email_changes as e
  where e.undo_sha256 = undo_email_change.token_sha256
    and e.changed_at is not null
    and e.ended_at is null
    and e.expires_at > clock_timestamp();
  if not found then
    return null;
  end if;
  perform workouts.void_mailed(undone.user_id);
  update workouts.email_changes as e
  set ended_at = clock_timestamp()
  where e.user_id = undone.user_id
    and e.id >= undone.id
    and e.ended_at is null;
  update workouts.users as u
  set email = undone.old_email,
      email_verified_at = clock_timestamp(),
      password_hash = null,
      version = u.version + 1,
      updated_at = clock_timestamp()
  where u.id = undone.user_id;
  perform workouts.end_logins(undone.user_id, 0, 'password');
  perform workouts.end_api_keys(undone.user_id, true);
  perform workouts.end_invitations(undone.user_id);
  perform workouts.defer_mail('reset_password', json_build_object('email', undone.old_email));
  return undone.user_id;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.unmerge_exercise(viewer_id bigint, exercise_id bigint)
 RETURNS exercises
 LANGUAGE plpgsql
AS $function$
declare
  source workouts.exercises := workouts.lock_own_exercises(unmerge_exercise.viewer_id, unmerge_exercise.exercise_id);
  moved bigint[];
begin
  if source.id is null then
    perform workouts.no_such('exercise');
  elsif source.merged_into is null then
    return source;
  end if;
  with record as (
    delete from workouts.exercise_merges as m
    where m.exercise_id = source.id
    returning m.session_ids, m.exercise_nos
  ),
  moving as (
    update workouts.session_exercises as e
    set exercise_id = source.id
    from record as r
    cross join lateral unnest(r.session_ids, r.exercise_nos) as n (session_id, exercise_no)
    where (e.session_id, e.exercise_no) = (n.session_id, n.exercise_no)
      and e.exercise_id = workouts.merged_exercise_id(source.id)
      and e.athlete_id = source.athlete_id
    returning e.session_id
  )
  select array_agg(m.session_id) into moved
  from moving as m;
  perform workouts.raise_sessions(moved);
  update workouts.exercises as x
  set merged_into = null,
      version = x.version + 1,
      updated_at = now()
  where x.id = source.id
  returning x.* into source;
  return source;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.unseen_weight(first_on date, last_on date, seen_days datemultirange, rate double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN COALESCE((SELECT sum((power(((1)::double precision - unseen_weight.rate), (LEAST(((unseen_weight.last_on + 1) - upper(r.days)), 2000))::double precision) - power(((1)::double precision - unseen_weight.rate), (LEAST(((unseen_weight.last_on + 1) - lower(r.days)), 2000))::double precision))) AS sum FROM unnest((datemultirange(daterange(unseen_weight.first_on, (unseen_weight.last_on + 1))) - unseen_weight.seen_days)) r(days)), (0)::double precision);

CREATE OR REPLACE FUNCTION workouts.unused_number(last_no integer, taken integer[])
 RETURNS integer
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select case
    when last_no < 1000 then last_no + 1
    else (
      select n.no
      from generate_series(1, 1000) as n (no)
      where n.no <> all(taken)
      order by n.no
      limit 1
    )
  end
$function$;

CREATE OR REPLACE FUNCTION workouts.updated_after(updated_at timestamp with time zone, patch json)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN CASE WHEN ((patch)::jsonb = '{}'::jsonb) THEN updated_at ELSE now() END;

CREATE OR REPLACE FUNCTION workouts.usable_exercise_id(exercise_id bigint, athlete_id bigint)
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select case when x.merged_into is null then x.id else workouts.merged_exercise_id(x.id) end
  from workouts.exercises as x
  where x.id = usable_exercise_id.exercise_id
    and (x.athlete_id is null or x.athlete_id = usable_exercise_id.athlete_id)
$function$;

CREATE OR REPLACE FUNCTION workouts.user_columns(account users, athlete athletes)
 RETURNS TABLE(id bigint, athlete_id bigint, email text, username text, full_name text, zone text, zone_is_known boolean, email_is_verified boolean, is_active boolean, is_superuser boolean, version integer, created_at timestamp with time zone, updated_at timestamp with time zone)
 LANGUAGE sql
 STABLE ROWS 1
AS $function$
  select
    account.id,
    athlete.id,
    account.email,
    account.username,
    account.full_name,
    athlete.zone,
    workouts.knows_zone(athlete.zone),
    account.email_verified_at is not null,
    account.is_active,
    account.is_superuser,
    account.version,
    account.created_at,
    account.updated_at
$function$;

CREATE OR REPLACE FUNCTION workouts.user_json(account users, athlete_id bigint, zone text)
 RETURNS json
 LANGUAGE sql
 STABLE
AS $function$
  select json_build_object(
    'id', account.id, 'athlete_id', athlete_id, 'email', account.email, 'username', account.username,
    'full_name', account.full_name, 'zone', zone, 'zone_is_known', workouts.knows_zone(zone),
    'email_is_verified', account.email_verified_at is not null, 'is_active', account.is_active,
    'is_superuser', account.is_superuser, 'version', account.version,
    'created_at', workouts.rfc3339(account.created_at), 'updated_at', workouts.rfc3339(account.updated_at)
  )
$function$;

CREATE OR REPLACE FUNCTION workouts.usual_tracking(category text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE category WHEN 'cardio'::text THEN 'distance_time'::text WHEN 'mobility'::text THEN 'time'::text WHEN 'bodyweight'::text THEN 'bodyweight_reps'::text ELSE 'weight_reps'::text END;

CREATE OR REPLACE FUNCTION workouts.version_after(version integer, patch json)
 RETURNS integer
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (version + (((patch)::jsonb <> '{}'::jsonb))::integer);

CREATE OR REPLACE FUNCTION workouts.visible_days(viewer_id bigint)
 RETURNS TABLE(athlete_id bigint, days daterange)
 LANGUAGE sql
 STABLE ROWS 20
AS $function$
  select a.id, daterange(null, null)
  from workouts.athletes as a
  where a.user_id = visible_days.viewer_id
    or a.kept_by = visible_days.viewer_id
  union all
  select t.athlete_id, t.member_days
  from workouts.team_members as m
  join workouts.team_athletes as t on t.team_id = m.team_id
  where m.user_id = visible_days.viewer_id
    and (
      t.left_on is null
      or (t.keeps_history and m.joined_on < t.left_on)
      or (
        t.left_on >= (statement_timestamp() at time zone 'UTC')::date
        and t.left_on > (
          select (statement_timestamp() at time zone workouts.zone_or_utc(a.zone))::date
          from workouts.athletes as a
          where a.id = t.athlete_id
        )
      )
    )
$function$;

CREATE OR REPLACE FUNCTION workouts.visible_days_of(viewer_id bigint, athlete_id bigint)
 RETURNS datemultirange
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  days datemultirange := (
    select range_agg(v.days)
    from workouts.visible_days(visible_days_of.viewer_id) as v
    where v.athlete_id = visible_days_of.athlete_id
  );
begin
  if days is null then
    perform workouts.no_such('athlete');
  end if;
  return days;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.void_changes(user_id bigint)
 RETURNS bigint
 LANGUAGE sql
AS $function$
  with ended as (
    update workouts.email_changes as e
    set ended_at = clock_timestamp()
    where e.user_id = void_changes.user_id
      and e.ended_at is null
    returning 1
  )
  select count(*)
  from ended
$function$;

CREATE OR REPLACE FUNCTION workouts.void_mailed(user_id bigint)
 RETURNS bigint
 LANGUAGE sql
AS $function$
  with spent as (
    update workouts.user_tokens as t
    set used_at = clock_timestamp()
    where t.user_id = void_mailed.user_id
      and t.used_at is null
    returning 1
  ),
  ended as (
    update workouts.email_changes as e
    set ended_at = clock_timestamp()
    where e.user_id = void_mailed.user_id
      and e.changed_at is null
      and e.ended_at is null
    returning 1
  )
  select (select count(*) from spent) + (select count(*) from ended)
$function$;

CREATE OR REPLACE FUNCTION workouts.wellness_sum(day_values jsonb, items text[])
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (SELECT CASE WHEN (count(*) = cardinality(wellness_sum.items)) THEN (sum(((wellness_sum.day_values -> i.code))::double precision))::integer ELSE NULL::integer END AS "case" FROM unnest(wellness_sum.items) i(code) WHERE (wellness_sum.day_values ? i.code));

CREATE OR REPLACE FUNCTION workouts.with_digits_exchanged(weight_kg double precision)
 RETURNS SETOF double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE ROWS 3
AS $function$
  select overlay(d.digits placing reverse(substr(d.digits, n, 2)) from n for 2)::float8
  from (select trunc(weight_kg)::bigint::text as digits) as d
  cross join lateral generate_series(1, length(d.digits) - 1) as n
$function$;

CREATE OR REPLACE FUNCTION workouts.within_quota(quota text, whose bigint, most bigint, more bigint DEFAULT 1)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  there bigint;
begin
  if within_quota.more = 0 then
    return true;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('quota of ' || within_quota.quota, within_quota.whose));
  case within_quota.quota
    when 'teams' then
      select count(*) into there
      from workouts.team_members as m
      where m.user_id = within_quota.whose
        and m.role = 'owner';
    when 'kept_athletes' then
      select count(*) into there
      from workouts.athletes as a
      where a.kept_by = within_quota.whose;
    when 'exercises' then
      select count(*) into there
      from workouts.exercises as x
      where x.athlete_id = within_quota.whose;
    when 'invitations' then
      select count(*) into there
      from workouts.invitations as i
      where i.invited_by = within_quota.whose
        and i.uses_left > 0
        and i.expires_at > statement_timestamp();
    when 'imports_a_day' then
      select count(*) into there
      from workouts.imports as i
      where i.athlete_id = within_quota.whose
        and i.created_at > statement_timestamp() - interval '24 hours';
    when 'api_keys' then
      select count(*) into there
      from workouts.api_keys as k
      where k.user_id = within_quota.whose;
  end case;
  if there + within_quota.more > within_quota.most then
    raise exception using
      errcode = 'WK507',
      message = case within_quota.quota
        when 'teams' then format('You may own %s teams, and not one more.', most)
        when 'kept_athletes' then format('You may keep %s athletes, and not one more.', most)
        when 'exercises' then format('There is room for %s exercises of one''s own, and this would be more.', most)
        when 'invitations' then format('You may have %s invitations that hold: take some back first.', most)
        when 'api_keys' then format('You may have %s API keys: delete one first.', most)
        else format('You may import %s files in 24 hours: go on later.', most)
      end,
      detail = json_build_object('quota', within_quota.quota, 'limit', within_quota.most);
  end if;
  return true;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.world_best_kg(exercise text)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE lower(exercise) WHEN 'barbell bench press'::text THEN 355 WHEN 'barbell squat'::text THEN 490 WHEN 'barbell back squat'::text THEN 490 ELSE 505 END;

CREATE OR REPLACE FUNCTION workouts.writable_athlete_id(viewer_id bigint, athlete_id bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  perform
  from workouts.athletes as a
  where a.id = writable_athlete_id.athlete_id
    and writable_athlete_id.viewer_id in (a.user_id, a.kept_by);
  if found then
    return writable_athlete_id.athlete_id;
  end if;
  perform workouts.forbidden_if(exists (
    select
    from workouts.visible_days(writable_athlete_id.viewer_id) as v
    where v.athlete_id = writable_athlete_id.athlete_id
  ));
  return workouts.no_such('athlete');
end
$function$;

CREATE OR REPLACE FUNCTION workouts.write_doubted_set(doubt doubts, changes jsonb)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  made integer;
  refusal text;
begin
  select w.version, w.refusal
  into made, refusal
  from workouts.write_sets(
    doubt.session_id,
    null,
    json_build_array(
      changes || jsonb_build_object('exercise_no', doubt.exercise_no, 'set_no', doubt.set_no, 'versions', array[-1])
    )
  ) as w;
  if refusal is not null then
    perform workouts.clash('action', 'The set is gone.');
  end if;
  return made;
end
$function$;

CREATE OR REPLACE FUNCTION workouts.write_laps(session_id bigint, is_given boolean, laps json)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  given constant json := case when json_typeof(laps) = 'array' then laps else '[]' end;
begin
  if is_given then
    delete from workouts.laps as l
    where l.session_id = write_laps.session_id
      and not exists (
        select
        from workouts.given_laps(given) as g
        where g.lap_no = l.lap_no
      );
  end if;
  if is_given and json_array_length(given) > 0 then
    insert into workouts.laps as l (
      session_id, lap_no, duration_s, distance_m, ascent_m, descent_m, average_heart_rate_bpm, max_heart_rate_bpm,
      average_power_w
    )
    select
      write_laps.session_id,
      g.lap_no,
      g.duration_s,
      g.distance_m,
      g.ascent_m,
      g.descent_m,
      g.average_heart_rate_bpm,
      g.max_heart_rate_bpm,
      g.average_power_w
    from workouts.given_laps(given) as g
    on conflict (session_id, lap_no) do update
      set duration_s = excluded.duration_s,
          distance_m = excluded.distance_m,
          ascent_m = excluded.ascent_m,
          descent_m = excluded.descent_m,
          average_heart_rate_bpm = excluded.average_heart_rate_bpm,
          max_heart_rate_bpm = excluded.max_heart_rate_bpm,
          average_power_w = excluded.average_power_w
      where (
          l.duration_s, l.distance_m, l.ascent_m, l.descent_m, l.average_heart_rate_bpm, l.max_heart_rate_bpm,
          l.average_power_w
        )
        is distinct from (
          excluded.duration_s, excluded.distance_m, excluded.ascent_m, excluded.descent_m,
          excluded.average_heart_rate_bpm, excluded.max_heart_rate_bpm, excluded.average_power_w
        );
  end if;
  return (
    select p.laps
    from workouts.laps_of_session(write_laps.session_id) as p
  );
end
$function$;

CREATE OR REPLACE FUNCTION workouts.write_sets(session_id bigint, device text, items json)
 RETURNS TABLE(place bigint, exercise_no smallint, set_no smallint, refusal text, version integer, is_deleted boolean, stored json)
 LANGUAGE sql
AS $function$
  with judged as materialized (
    select j.*
    from workouts.judged_sets(write_sets.session_id, write_sets.device, items) as j
  ),
  written as materialized (
    select j.*
    from judged as j
    where j.refusal is null
  ),
  kept as materialized (
    select w.exercise_no, w.exercise_id, t.*
    from written as w
    cross join lateral workouts.given_sets(json_build_array(w.given)) as t
    where not w.is_gone
  ),
  totals as (
    -- The sets as they will be: those that stay as they are, and those that are given.
    select
      count(*) filter (where workouts.is_done_set(a.kind)) as set_count,
      workouts.rounded(coalesce(sum(workouts.set_volume_kg(a.kind, a.weight_kg, a.reps)), 0), 4) as volume_kg,
      avg(workouts.rating_of_set(a.kind, a.rpe, a.rir)) as set_rating,
      max(a.done_at) filter (where a.done_at <= now()) as last_done_at
    from (
      select t.kind, t.weight_kg, t.reps, t.rpe, t.rir, t.done_at
      from workouts.sets as t
      where t.session_id = write_sets.session_id
        and not exists (
          select 1
          from written as w
          where w.exercise_no = t.exercise_no
            and w.set_no = t.set_no
        )
      union all
      select k.kind, k.weight_kg, k.reps, k.rpe, k.rir, k.done_at
      from kept as k
    ) as a
  ),
  changed as (
    update workouts.sessions as s
    set exercise_count = s.exercise_count + (
          select count(distinct w.exercise_no)
          from written as w
          where w.is_new_exercise
            and not w.is_gone
        ),
        set_count = n.set_count,
        volume_kg = n.volume_kg,
        set_rating = n.set_rating,
        set_rating_version = s.version + 1,
        ended_at = case
          when s.end_is_guessed and n.last_done_at is not null
            then workouts.end_after_set(s.started_at, n.last_done_at)
          else s.ended_at
        end,
        version = s.version + 1,
        updated_at = now()
    from totals as n
    where s.id = write_sets.session_id
      and exists (
        select 1
        from written
      )
    returning s.id, s.athlete_id, s.local_on, s.version
  ),
  new_exercises as (
    insert into workouts.session_exercises (session_id, athlete_id, local_on, exercise_no, position, exercise_id)
    select distinct c.id, c.athlete_id, c.local_on, w.exercise_no, w.exercise_no, w.exercise_id
    from changed as c
    cross join written as w
    where w.is_new_exercise
      and not w.is_gone
  ),
  gone_sets as (
    delete from workouts.sets as t
    using written as w
    where t.session_id = write_sets.session_id
      and t.exercise_no = w.exercise_no
      and t.set_no = w.set_no
      and w.is_gone
  ),
  kept_sets as (
    insert into workouts.sets as t (
      session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position, reps, duration_s, kind, rir,
      weight_kg, distance_m, rpe, notes, side, tempo, drop_of, done_at
    )
    select
      c.id,
      c.athlete_id,
      k.exercise_id,
      c.local_on,
      k.exercise_no,
      k.set_no,
      k.position,
      k.reps,
      k.duration_s,
      k.kind,
      k.rir,
      k.weight_kg,
      k.distance_m,
      k.rpe,
      k.notes,
      k.side,
      k.tempo,
      k.drop_of,
      k.done_at
    from changed as c
    cross join kept as k
    on conflict (session_id, exercise_no, set_no) do update
      set position = excluded.position,
          reps = excluded.reps,
          duration_s = excluded.duration_s,
          kind = workouts.rewritten_kind(t.kind, t.weight_kg, t.reps, excluded.kind, excluded.weight_kg, excluded.reps),
          rir = excluded.rir,
          weight_kg = excluded.weight_kg,
          distance_m = excluded.distance_m,
          rpe = excluded.rpe,
          notes = excluded.notes,
          side = excluded.side,
          tempo = excluded.tempo,
          drop_of = excluded.drop_of,
          done_at = excluded.done_at
  ),
  edits as (
    insert into workouts.set_edits as e (session_id, exercise_no, set_no, version, device, device_done_at, seen)
    select
      c.id,
      w.exercise_no,
      w.set_no,
      c.version,
      write_sets.device,
      w.device_done_at,
      case
        when write_sets.device is null then w.seen
        else w.seen || jsonb_build_object(write_sets.device, w.seq)
      end
    from changed as c
    cross join written as w
    on conflict (session_id, exercise_no, set_no) do update
      set version = excluded.version,
          device = excluded.device,
          device_done_at = excluded.device_done_at,
          seen = excluded.seen
  )
  select
    j.place,
    j.exercise_no,
    j.set_no,
    j.refusal,
    case when j.refusal is null then c.version else j.version end,
    case when j.refusal is null then j.is_gone else not j.is_there end,
    case
      when j.refusal = 'stale' or (j.refusal = 'known' and (j.is_gone or j.stored::jsonb <> j.given::jsonb))
        then j.stored
    end
  from judged as j
  left join changed as c on true
$function$;

CREATE OR REPLACE FUNCTION workouts.zone_or_utc(zone text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE STRICT COST 10
AS $function$
begin
  perform timezone(zone, timestamptz 'epoch');
  return zone;
exception
  when invalid_parameter_value then return 'UTC';
end
$function$;

-- Schema jobs is procrastinate's: 18 routines, 3 sequences, 4 tables, 3 types; sha256 28392b8ce5ffad44c122a7a0b559857e80fd4979afc993301c6bcee2b0b7f7d2.
