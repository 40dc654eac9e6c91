-- The viewer's and the shared exercises whose name or alias is like some words, best match first.
-- @param viewer_id  bigint = 1
-- @param words      text = 'bench press'
-- @param limit      int = 50
-- @column id bigint!
-- @returns many
-- @plan custom
-- @budget plan: no_seqscan(exercises, exercise_aliases)
-- Best match first is an order that no cursor can go on in, so it is one bounded list. <% finds words mistyped, begun
-- and in any order. (A like beside it made the planner read all names: it takes comparing trigrams for cheap.)
with found as (
  select
    e.id,
    e.name as found_name
  from exercises as e
  where lower(:words) <% lower(e.name)
  union all
  select
    n.exercise_id,
    n.alias
  from exercise_aliases as n
  where lower(:words) <% lower(n.alias)
),
ranked as (
  select
    f.id,
    max(
      case when starts_with(lower(f.found_name), lower(:words)) then 1 else 0 end
      + word_similarity(lower(:words), lower(f.found_name))
      + similarity(lower(:words), lower(f.found_name))
    ) as score
  from found as f
  group by f.id
)
select
  x.id,
  x.name,
  x.equipment,
  x.category,
  x.mechanic,
  x.athlete_id is not null as is_own,
  x.is_archived,
  x.merged_into,
  x.version,
  x.created_at,
  x.updated_at
from ranked as r
join exercises as x on x.id = r.id
where x.merged_into is null
  and not x.is_archived
  and (
    x.athlete_id is null
    or x.athlete_id = (
      select a.id
      from athletes as a
      where a.user_id = :viewer_id
    )
  )
order by r.score desc, lower(x.name), x.id
limit :limit
