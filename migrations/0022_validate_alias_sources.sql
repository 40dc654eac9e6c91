-- Aliases have known sources.
-- migrate:up
alter table exercise_aliases validate constraint exercise_aliases_source_known;

-- migrate:down
alter table exercise_aliases
  drop constraint exercise_aliases_source_known,
  add constraint exercise_aliases_source_known check (
    source in ('any', 'hevy', 'strong', 'fitnotes', 'fit', 'gpx', 'tcx', 'own', 'search')
  ) not valid;
