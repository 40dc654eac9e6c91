-- The shared catalogue and the viewer's own exercises by name, a page at a time.
-- @param viewer_id   bigint = 1
-- @param equipment   text? = null
-- @param category    text? = null
-- @param tracking    text? = null
-- @param muscle      text? = null
-- @param after_name  text = ''
-- @param after_id    bigint = 0
-- @param limit       int = 51
-- @sample hundreds_of_own: viewer_id = (select a.user_id from athletes as a join exercises as e on e.athlete_id = a.id where a.user_id > 0 group by 1 order by count(*) desc limit 1)
-- @sample later_page: viewer_id = (select a.user_id from athletes as a join exercises as e on e.athlete_id = a.id where a.user_id > 0 group by 1 order by count(*) desc limit 1)
-- @sample later_page: after_name = 'm'
-- @sample rare_equipment: equipment = 'kettlebell'
-- @sample newcomer: viewer_id = (select max(u.id) from users as u)
-- @column id bigint!
-- @column name text!
-- @returns many
-- @plan custom
-- @readonly
-- @budget plan: no_seqscan(exercises)
-- @budget run: buffers<=100
-- @budget run(rare_equipment): buffers<=2200
-- A page of the shared and a page of the own exercises are read in order from exercises_name_key, and then merged. Other
-- athletes' exercises are never read. A filter that few exercises match reads all of both; the quota of own exercises bounds
-- that.
select x.*
from (
  select 0::bigint as athlete_id
  union all
  select a.id
  from athletes as a
  where a.user_id = :viewer_id
) as owners
cross join lateral (
  select c.*
  from exercises as e
  cross join lateral exercise_columns(e) as c
  where coalesce(e.athlete_id, 0) = owners.athlete_id
    and lower(e.name) >= lower(:after_name)
    and (lower(e.name), e.id) > (lower(:after_name), :after_id)
    and e.merged_into is null
    and not e.is_archived
    and (:equipment::text is null or e.equipment = :equipment)
    and (:category::text is null or e.category = :category)
    and (:tracking::text is null or e.tracking = :tracking)
    and (
      :muscle::text is null
      or exists (
        select
        from exercise_muscle_shares as s
        join muscle_codes as k on k.code = s.code
        where s.exercise_id = e.id
          and :muscle in (k.code, k.muscle_group)
      )
      or :muscle in (
        select m.name
        from exercise_muscles as em
        join muscles as m on m.id = em.muscle_id
        where em.exercise_id = e.id
      )
    )
  order by lower(e.name), e.id
  limit :limit
) as x
order by lower(x.name), x.id
limit :limit
