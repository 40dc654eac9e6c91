-- Exercises that a user sees, with a name or alias similar to some words, and the similarity. <% finds words with typing
-- errors, beginnings of words, and words in any order. It searches twice. The first search has a high threshold, because
-- comparing trigrams is expensive and "bench press" at 0.5 is similar to every press. If it finds nothing, the second one
-- uses 0.5. pg_trgm's own threshold of 0.6 would not find "pullup" (Pull-Up) and "benhc pres" (Bench Press).
--
-- Shared exercises are found by trigram indexes that hold only them. The user's own exercises are found by their athlete.
-- An index over everybody's names would be read for all users, before other users' names are left out. The source of an
-- alias says whose it is: 'own' for an own exercise, a service or 'any' for a shared one. The own ones are found by an array
-- of ids, in one pass of the index (from PostgreSQL 17 on) instead of one descent for each exercise.
--
-- It is a function because of its settings. The planner believes that comparing trigrams costs as little as comparing
-- numbers. So it reads all 2,000 aliases (9 ms) where the trigram index needs 1 ms. The threshold is not a setting of the
-- function, since only a superuser may store a setting of an extension that the session has not loaded yet.
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
