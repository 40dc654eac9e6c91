-- Changes the fields of an own exercise that a merge patch holds, if the exercise still has a given version.
-- @param viewer_id   bigint = 1
-- @param exercise_id bigint = (select coalesce(min(e.id), 0) from exercises as e join athletes as a on a.id = e.athlete_id where a.user_id = 1)
-- @param versions    bigint[] = '{-1}'
-- @param patch       json = '{"name": "Zercher Squat 2", "muscles": [{"muscle": "chest", "share": 1}], "aliases": ["Zerchers"]}'
-- @column current_version integer!
-- @column matched boolean!
-- @column version integer
-- @column reply json
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(exercises, exercise_muscles, exercise_muscle_shares, exercise_aliases)
-- Version -1 stands for any version: a nullable parameter would need custom plans. Muscles by name or code follow from
-- the other, as in create_exercise.sql.
with target as materialized (
  select
    (x.own).id,
    (x.own).version,
    :versions && array[(x.own).version::bigint, -1] as is_meant,
    :patch::jsonb ?| array['muscles', 'muscle_shares'] as has_muscles,
    :patch::jsonb ? 'aliases' as has_aliases
  from (
    select
      case
        when :patch::jsonb ? 'name' then lock_own_exercises(:viewer_id, :exercise_id)
        else lock_own_exercise(:viewer_id, :exercise_id)
      end as own
    offset 0
  ) as x
  where (x.own).id is not null
),
new_muscles as materialized (
  select g.muscle_id, g.muscle, g.share
  from target as t
  cross join lateral muscles_in(:patch) as g
  where t.is_meant
    and t.has_muscles
),
new_shares as materialized (
  select g.code, g.muscle_group, g.share
  from target as t
  cross join lateral muscle_shares_in(:patch) as g
  where t.is_meant
    and t.has_muscles
),
new_aliases as materialized (
  select distinct g.alias
  from target as t
  cross join lateral json_array_elements_text(:patch -> 'aliases') as g (alias)
  where t.is_meant
    and t.has_aliases
),
changed as (
  update exercises as x
  set name = coalesce(p.name, x.name),
      equipment = coalesce(p.equipment, x.equipment),
      category = coalesce(p.category, x.category),
      mechanic = case when :patch::jsonb ? 'mechanic' then p.mechanic else x.mechanic end,
      tracking = coalesce(p.tracking, x.tracking),
      bodyweight_factor = case
        when :patch::jsonb ? 'bodyweight_factor' then p.bodyweight_factor
        when coalesce(p.tracking, x.tracking) = 'bodyweight_reps' then x.bodyweight_factor
      end,
      is_per_hand = coalesce(p.is_per_hand, x.is_per_hand),
      is_one_sided = coalesce(p.is_one_sided, x.is_one_sided),
      is_archived = coalesce(p.is_archived, x.is_archived),
      version = version_after(x.version, :patch),
      updated_at = updated_after(x.updated_at, :patch)
  from target as t
  cross join json_to_record(:patch) as p (
    name text,
    equipment text,
    category text,
    mechanic text,
    tracking text,
    bodyweight_factor float8,
    is_per_hand boolean,
    is_one_sided boolean,
    is_archived boolean
  )
  where x.id = t.id
    and t.is_meant
  returning x as exercise
),
gone_muscles as (
  delete from exercise_muscles as em
  using target as t
  where em.exercise_id = t.id
    and t.is_meant
    and t.has_muscles
    and em.muscle_id not in (select n.muscle_id from new_muscles as n)
),
gone_shares as (
  delete from exercise_muscle_shares as s
  using target as t
  where s.exercise_id = t.id
    and t.is_meant
    and t.has_muscles
    and s.code not in (select n.code from new_shares as n)
),
gone_aliases as (
  delete from exercise_aliases as k
  using target as t
  where k.exercise_id = t.id
    and t.is_meant
    and t.has_aliases
    and lower(k.alias) not in (select lower(n.alias) from new_aliases as n)
),
made_muscles as (
  insert into exercise_muscles as em (exercise_id, muscle_id, share)
  select t.id, n.muscle_id, n.share
  from target as t
  cross join new_muscles as n
  on conflict (exercise_id, muscle_id) do update
    set share = excluded.share
),
made_shares as (
  insert into exercise_muscle_shares as s (exercise_id, code, share)
  select t.id, n.code, n.share
  from target as t
  cross join new_shares as n
  on conflict (exercise_id, code) do update
    set share = excluded.share
),
made_aliases as (
  insert into exercise_aliases as k (exercise_id, source, alias)
  select t.id, 'own', n.alias
  from target as t
  cross join new_aliases as n
  on conflict (source, lower(alias), exercise_id) do update
    set alias = excluded.alias
)
select
  t.version as current_version,
  (c.exercise).id is not null as matched,
  (c.exercise).version as version,
  case
    when (c.exercise).id is not null
      then keep_reply(
        exercise_json(
          c.exercise,
          case
            when t.has_muscles
              then (
                select json_agg(muscle_json(n.muscle, n.share) order by n.share desc, n.muscle)
                from new_muscles as n
              )
            else (
              select json_agg(muscle_json(m.name, em.share) order by em.share desc, m.name)
              from exercise_muscles as em
              join muscles as m on m.id = em.muscle_id
              where em.exercise_id = t.id
            )
          end,
          case
            when t.has_muscles
              then (
                select json_agg(muscle_share_json(n.code, n.muscle_group, n.share) order by n.share desc, n.code)
                from new_shares as n
              )
            else (
              select json_agg(muscle_share_json(k.code, k.muscle_group, s.share) order by s.share desc, k.code)
              from exercise_muscle_shares as s
              join muscle_codes as k on k.code = s.code
              where s.exercise_id = t.id
            )
          end,
          array(
            select n.alias
            from new_aliases as n
            union
            select k.alias
            from exercise_aliases as k
            where k.exercise_id = t.id
              and not t.has_aliases
            order by 1
          )
        )
      )
  end as reply
from target as t
left join changed as c on true
