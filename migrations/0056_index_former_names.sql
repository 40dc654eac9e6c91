-- The few exercises that were renamed are found without those that were not.
-- migrate:up transaction:false
create index concurrently if not exists exercises_former_names_idx on exercises (coalesce(athlete_id, 0))
where former_names <> '{}';
comment on index exercises_former_names_idx is 'migrations/repeatable/exercise_names.sql, former_names.sql, exercise_search.sql';

-- migrate:down transaction:false
drop index concurrently if exists exercises_former_names_idx;
