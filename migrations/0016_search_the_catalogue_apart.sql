-- Search finds the catalogue by trigrams and an athlete's own exercises by their athlete: an index over all names held
-- everybody's own exercises too, and a search read 200,000 strangers' names before it left them out.
-- migrate:up transaction:false
create index concurrently if not exists exercises_catalogue_search_idx on exercises using gin (lower(name) gin_trgm_ops)
where athlete_id is null;
comment on index exercises_catalogue_search_idx is 'migrations/repeatable/exercise_search.sql';
create index concurrently if not exists exercise_aliases_catalogue_search_idx on exercise_aliases using gin (
  lower(alias) gin_trgm_ops
) where source <> 'own';
comment on index exercise_aliases_catalogue_search_idx is 'migrations/repeatable/exercise_search.sql';
create index concurrently if not exists exercises_own_names_idx on exercises (athlete_id, id) include (name)
where athlete_id is not null;
comment on index exercises_own_names_idx is 'foreign key; migrations/repeatable/exercise_search.sql';
drop index concurrently if exists exercises_athlete_id_idx;
drop index concurrently if exists exercises_search_idx;
drop index concurrently if exists exercise_aliases_search_idx;
-- The lists of athletes sort the athletes that match; the index was read across all teams' athletes.
drop index concurrently if exists athletes_born_on_idx;

-- migrate:down transaction:false
create index concurrently if not exists athletes_born_on_idx on athletes (coalesce(born_on, 'infinity'), id);
comment on index athletes_born_on_idx is 'queries/athletes/list_athletes_by_birth.sql, where a team is large';
create index concurrently if not exists exercises_search_idx on exercises using gin (lower(name) gin_trgm_ops);
comment on index exercises_search_idx is 'queries/exercises/search_exercises.sql';
create index concurrently if not exists exercise_aliases_search_idx on exercise_aliases using gin (
  lower(alias) gin_trgm_ops
);
comment on index exercise_aliases_search_idx is 'queries/exercises/search_exercises.sql';
create index concurrently if not exists exercises_athlete_id_idx on exercises (athlete_id) where athlete_id is not null;
comment on index exercises_athlete_id_idx is 'foreign key';
drop index concurrently if exists exercises_own_names_idx;
drop index concurrently if exists exercise_aliases_catalogue_search_idx;
drop index concurrently if exists exercises_catalogue_search_idx;
