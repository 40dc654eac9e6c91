-- The catalogue: shared exercises and an athlete's own, with muscles and the names other services give them.
-- migrate:up
create table muscles (
  id   smallint generated always as identity,
  name text not null,
  constraint muscles_pkey primary key (id),
  constraint muscles_name_key unique (name)
);
comment on table muscles is 'Muscle groups; filled by migrations/repeatable/exercise_catalogue.sql';

create table exercises (
  id          bigint generated always as identity,
  athlete_id  bigint,
  name        text not null,
  equipment   text not null default 'none',
  category    text not null default 'strength',
  mechanic    text,
  merged_into bigint,
  is_archived boolean not null default false,
  version     integer not null default 1,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  constraint exercises_pkey primary key (id),
  constraint exercises_athlete_id_fkey foreign key (athlete_id) references athletes (id) on delete cascade,
  constraint exercises_merged_into_fkey foreign key (merged_into) references exercises (id),
  constraint exercises_not_merged_into_itself check (merged_into <> id),
  constraint exercises_name_is_1_to_200_long check (length(name) between 1 and 200),
  constraint exercises_name_is_normal check (name is nfkc normalized),
  constraint exercises_equipment_known check (equipment in (
    'none', 'barbell', 'dumbbell', 'kettlebell', 'machine', 'cable', 'smith_machine', 'band', 'plate',
    'trap_bar', 'ez_bar', 'suspension', 'medicine_ball', 'exercise_ball', 'cardio_machine', 'other'
  )),
  constraint exercises_category_known check (
    category in ('strength', 'bodyweight', 'cardio', 'mobility', 'olympic', 'plyometric', 'other')
  ),
  constraint exercises_mechanic_known check (mechanic in ('compound', 'isolation'))
);
comment on column exercises.athlete_id is 'null: shared catalogue; else the one athlete who made it and sees it.';
create unique index exercises_name_key on exercises (coalesce(athlete_id, 0), lower(name));
comment on index exercises_name_key is 'queries/imports/create_missing_exercises.sql, queries/exercises/create_exercise.sql';
create index exercises_athlete_id_idx on exercises (athlete_id) where athlete_id is not null;
comment on index exercises_athlete_id_idx is 'foreign key';
create index exercises_search_idx on exercises using gin (lower(name) gin_trgm_ops);
comment on index exercises_search_idx is 'queries/exercises/search_exercises.sql';
create index exercises_merged_into_idx on exercises (merged_into) where merged_into is not null;
comment on index exercises_merged_into_idx is 'foreign key';

create table exercise_aliases (
  exercise_id bigint not null,
  source      text not null default 'any',
  alias       text not null,
  constraint exercise_aliases_pkey primary key (exercise_id, source, alias),
  constraint exercise_aliases_exercise_id_fkey foreign key (exercise_id) references exercises (id) on delete cascade,
  constraint exercise_aliases_alias_is_1_to_200_long check (length(alias) between 1 and 200),
  constraint exercise_aliases_source_known check (
    source in ('any', 'hevy', 'strong', 'fitnotes', 'fit', 'gpx', 'tcx', 'own')
  )
);
comment on table exercise_aliases is 'What an exercise is called elsewhere: what imports match by.';
create unique index exercise_aliases_alias_key on exercise_aliases (source, lower(alias), exercise_id);
comment on index exercise_aliases_alias_key is 'queries/imports/create_missing_exercises.sql';
create index exercise_aliases_search_idx on exercise_aliases using gin (lower(alias) gin_trgm_ops);
comment on index exercise_aliases_search_idx is 'queries/exercises/search_exercises.sql';

create table exercise_muscles (
  exercise_id bigint not null,
  muscle_id   smallint not null,
  share       double precision not null,
  constraint exercise_muscles_pkey primary key (exercise_id, muscle_id) include (share),
  constraint exercise_muscles_exercise_id_fkey foreign key (exercise_id) references exercises (id) on delete cascade,
  constraint exercise_muscles_muscle_id_fkey foreign key (muscle_id) references muscles (id),
  constraint exercise_muscles_share_in_range check (share > 0 and share <= 1)
);
comment on column exercise_muscles.share is 'How much of a set counts for the muscle: primary 1, secondary 0.5.';
create index exercise_muscles_muscle_id_idx on exercise_muscles (muscle_id);
comment on index exercise_muscles_muscle_id_idx is 'foreign key';

-- migrate:down
drop table exercise_muscles cascade;
drop table exercise_aliases cascade;
drop table exercises cascade;  -- with the functions of repeatable/exercise_json.sql that take its rows
drop table muscles cascade;
