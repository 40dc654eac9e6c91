-- Exercises, anybody's, with a name or alias like some words, and how like. <% finds words mistyped, begun and in any
-- order; 0.5 and not pg_trgm's 0.6 finds "pullup" as Pull-Up and "benhc pres" as Bench Press.
--
-- A function for its settings' sake: the planner takes comparing trigrams for as cheap as comparing numbers, and reads
-- all of 2,000 aliases (9 ms) where the trigram index needs 1 ms. The threshold is no setting of the function, since
-- only a superuser may write down one of an extension that the session has not loaded yet.
create or replace function workouts.exercises_named_like(words text) returns table (exercise_id bigint, score float8)
language plpgsql stable
set enable_seqscan = off
as $$
declare
  searched constant text := lower(words);
begin
  perform set_config('pg_trgm.word_similarity_threshold', '0.5', true);
  return query
  select
    found.id,
    max(
      case when starts_with(found.name, searched) then 1 else 0 end
      + extensions.word_similarity(searched, found.name)
      + extensions.similarity(searched, found.name)
    )
  from (
    select
      e.id,
      lower(e.name) as name
    from workouts.exercises as e
    where searched operator(extensions.<%) lower(e.name)
    union all
    select
      n.exercise_id,
      lower(n.alias)
    from workouts.exercise_aliases as n
    where searched operator(extensions.<%) lower(n.alias)
  ) as found
  group by found.id;
end
$$;
