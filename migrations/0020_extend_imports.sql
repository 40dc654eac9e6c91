-- Imports say which names became which exercises, know help from weight, and complete what came in with lines missing.
-- migrate:up
alter table imports
  add column sessions_completed integer not null default 0,
  add column exercises jsonb not null default '[]';
comment on column imports.exercises is 'Which names of the file became which exercises: the 500 with the most sets.';

alter table import_sets add column is_turned boolean not null default false;
comment on column import_sets.is_turned is 'The weight was help: the file says -weight_kg.';

alter table exercise_aliases
  drop constraint exercise_aliases_source_known, -- squawk-ignore ban-drop-constraint
  add constraint exercise_aliases_source_known check (
    source in ('any', 'hevy', 'strong', 'fitnotes', 'fit', 'gpx', 'tcx', 'own', 'search')
  ) not valid;
comment on column exercise_aliases.source is 'Who calls it so; search: too little for an import to go by.';

create unlogged table import_sessions (
  import_id      bigint not null,
  source_key     text not null,
  known_key      text not null,
  session_id     bigint,
  fate           text not null,
  row_digest     bytea not null,
  started_at     timestamptz not null,
  ended_at       timestamptz,
  session_rpe    double precision,
  exercise_count integer not null,
  set_count      integer not null,
  volume_kg      double precision not null,
  title          text not null,
  notes          text not null,
  constraint import_sessions_pkey primary key (import_id, source_key),
  constraint import_sessions_fate_known check (
    fate in ('new', 'same', 'completed', 'differs', 'edited', 'deleted')
  )
);
comment on table import_sessions is 'Workouts of a file on their way in, and what becomes of each: emptied by the same transaction.';
comment on column import_sessions.source_key is 'As in import_sets: the ordinal is that of the file.';
comment on column import_sessions.known_key is 'As in imported_sessions: the ordinal is the one that it keeps.';

-- Which names mean that somebody or something helps, so that a weight is help: "Pull Up (Assisted)", "Dip – band
-- assisted", "Klimmzug (assistiert)", "Gravitron"; and pull-ups with a band. In words that PostgreSQL and Python's re
-- read alike, for names in lower case: an import knows by it, before it reads a line, what the database would say.
create function workouts.assisted_pattern() returns text
language sql immutable parallel safe
return
  '(^|\W)(?<!un[- ])(?<!non[- ])(?<!not[- ])'
  '(ass?ist(ed|iert|ierte|ierter|iertes|é|ée|és|ées|ida|ido|idas|idos|ita|ito|ite|iti|eret|ert|erad|erade)?'
  '|geassisteerd|geassisteerde|wspomagane|wspomagany|wspomagana|avustettu|gravitron|гравитрон|гравитроне)(\W|$)'
  '|^(?=.*(^|\W)band(s|ed)?(\W|$))(?=.*(^|\W)(pull|chin|muscle)[- ]?ups?(\W|$))(?!.*resisted)';

create function workouts.is_assisted(name text) returns boolean
language sql immutable parallel safe
return lower(name) ~ workouts.assisted_pattern();

comment on index exercises_name_key is 'queries/imports/match_import_exercises.sql, queries/exercises/create_exercise.sql';
comment on index exercise_aliases_alias_key is 'queries/imports/match_import_exercises.sql';

-- migrate:down
comment on index exercise_aliases_alias_key is 'queries/imports/create_missing_exercises.sql';
comment on index exercises_name_key is 'queries/imports/create_missing_exercises.sql, queries/exercises/create_exercise.sql';
drop function workouts.is_assisted(text);
drop function workouts.assisted_pattern();
drop table import_sessions;
comment on column exercise_aliases.source is null;
delete from exercise_aliases
where source = 'search';
alter table exercise_aliases
  drop constraint exercise_aliases_source_known,
  add constraint exercise_aliases_source_known check (
    source in ('any', 'hevy', 'strong', 'fitnotes', 'fit', 'gpx', 'tcx', 'own')
  );
alter table import_sets drop column is_turned;
alter table imports
  drop column exercises,
  drop column sessions_completed;
