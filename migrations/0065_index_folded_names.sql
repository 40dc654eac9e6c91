-- An own exercise of the same name is found without folding all names of its athlete. The expression is the body of
-- folded_name(), which the planner inlines: a migration may not depend on a repeatable file.
-- migrate:up transaction:false
create index concurrently if not exists exercises_folded_name_idx on exercises (
  athlete_id,
  coalesce(
    nullif(btrim(replace(replace(translate(lower(name), U&'-\2010\2011', '   '), '   ', ' '), '  ', ' ')), ''),
    lower(name)
  )
)
where athlete_id is not null;
comment on index exercises_folded_name_idx is 'migrations/repeatable/former_names.sql';

-- migrate:down transaction:false
drop index concurrently if exists exercises_folded_name_idx;
