-- Exercises that a user sees, with a name or alias like some words, and how like. <% finds words mistyped, begun and in any
-- order. Likeness is asked for twice: as much of it as a name typed well has, for comparing trigrams is dear and "bench
-- press" at 0.5 is like every press; and where nothing has that much, 0.5 in place of pg_trgm's 0.6, which finds "pullup"
-- as Pull-Up and "benhc pres" as Bench Press.
--
-- The catalogue is found by trigram indexes that hold nothing else, the user's own exercises by their athlete: an index
-- over everybody's names would be read for all of them before the strangers' are left out. Whose an alias is, its source
-- tells: 'own' for an own exercise, a service or 'any' for one of the catalogue.
--
-- A function for its settings' sake: the planner takes comparing trigrams for as cheap as comparing numbers, and reads
-- all of 2,000 aliases (9 ms) where the trigram index needs 1 ms. The threshold is no setting of the function, since
-- only a superuser may write down one of an extension that the session has not loaded yet.
create or replace function workouts.exercises_named_like(viewer_id bigint, words text)
returns table (exercise_id bigint, score float8)
language plpgsql stable
set enable_seqscan = off
as $$
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
      named.score
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
        union  -- not all: what several services call it is compared once
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
        from workouts.exercises as x
        join workouts.exercise_aliases as n on n.exercise_id = x.id
        where x.athlete_id = own
          and searched operator(extensions.<%) lower(n.alias)
      ) as found
      group by found.id
    ) as named
    join workouts.exercises as e on e.id = named.id
    where e.merged_into is null
      and not e.is_archived
      and (e.athlete_id is null or e.athlete_id = own);
    exit when found;
  end loop;
end
$$;
