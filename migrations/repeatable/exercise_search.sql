-- Exercises that a user sees, with a name, a former name or an alias similar to some words, and the similarity. <% finds
-- words with typing errors, beginnings of words, and words in any order. It searches twice. The first search has a high threshold, because
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
      max(named.score)
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
        union
        select
          x.id,
          f.name
        from workouts.exercises as x
        cross join unnest(x.former_names) as f (name)
        where coalesce(x.athlete_id, 0) in (0, own)
          and x.former_names <> '{}'
          and searched operator(extensions.<%) f.name
      ) as found
      group by found.id
    ) as named
    join workouts.exercises as x on x.id = named.id
    join workouts.exercises as e
      on e.id = case when x.merged_into is null then x.id else workouts.merged_exercise_id(x.id) end
    where e.merged_into is null
      and not e.is_archived
      and (e.athlete_id is null or e.athlete_id = own)
    group by e.id;
    exit when found;
  end loop;
end
$$;

-- Shared exercises that a name may mean, best first: by the likeness of a name or an alias. Only proposals, which somebody
-- chooses from; imports go by exact names.
create or replace function workouts.exercises_proposed_for(name text, most bigint) returns json
language plpgsql stable
set enable_seqscan = off
as $$
declare
  searched constant text := lower(exercises_proposed_for.name);
begin
  perform set_config('pg_trgm.similarity_threshold', '0.3', true);
  return (
    with alike as materialized (  -- looked up once, whatever the planner expects of the join below
      select f.id, max(f.likeness) as likeness
      from (
        select x.id, extensions.similarity(searched, lower(x.name)) as likeness
        from workouts.exercises as x
        where x.athlete_id is null
          and searched operator(extensions.%) lower(x.name)
        union all
        select n.exercise_id, extensions.similarity(searched, lower(n.alias))
        from workouts.exercise_aliases as n
        where n.source <> 'own'
          and searched operator(extensions.%) lower(n.alias)
      ) as f
      group by f.id
    )
    select coalesce(
      json_agg(
        json_build_object('id', p.id, 'name', p.name, 'equipment', p.equipment, 'likeness', p.likeness)
        order by p.likeness desc, p.name
      ),
      '[]'
    )
    from (
      select
        e.id,
        e.name,
        e.equipment,
        round(a.likeness::numeric, 2)::float8 as likeness
      from alike as a
      join workouts.exercises as e on e.id = a.id
      where e.athlete_id is null
        and e.merged_into is null
        and not e.is_archived
      order by a.likeness desc, e.name
      limit exercises_proposed_for.most
    ) as p
  );
end
$$;
