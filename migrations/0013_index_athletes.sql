-- How athletes are found: by who keeps them and by birth date; and what a copied name is held true by.
-- migrate:up transaction:false
create index concurrently if not exists athletes_kept_by_idx on athletes (kept_by) where kept_by is not null;
comment on index athletes_kept_by_idx is 'foreign key; migrations/repeatable/visibility.sql';
create index concurrently if not exists athletes_born_on_idx on athletes (coalesce(born_on, 'infinity'), id);
comment on index athletes_born_on_idx is 'queries/athletes/list_athletes_by_birth.sql, where a team is large';
create unique index concurrently if not exists athletes_copied_into_team_athletes on athletes (id, name);
comment on index athletes_copied_into_team_athletes is 'what the foreign key of team_athletes refers to';

-- migrate:down
drop index athletes_copied_into_team_athletes;
drop index athletes_born_on_idx;
drop index athletes_kept_by_idx;
