-- One exercise with muscles and other names: shared, the viewer's own, or one in a session that the viewer sees.
-- @param viewer_id    bigint = 1
-- @param exercise_id  bigint = 1
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(exercise_muscles, exercise_muscle_shares, exercise_aliases)
-- @budget run: buffers<=40
select
  x.version,
  exercise_json(
    x,
    (
      select json_agg(muscle_json(m.name, em.share) order by em.share desc, m.name)
      from exercise_muscles as em
      join muscles as m on m.id = em.muscle_id
      where em.exercise_id = x.id
    ),
    (
      select json_agg(muscle_share_json(k.code, k.muscle_group, s.share) order by s.share desc, k.code)
      from exercise_muscle_shares as s
      join muscle_codes as k on k.code = s.code
      where s.exercise_id = x.id
    ),
    array(
      select distinct n.alias
      from exercise_aliases as n
      where n.exercise_id = x.id
      order by n.alias
    )
  ) as reply
from exercises as x
where x.id = :exercise_id
  and (
    x.athlete_id is null
    or x.athlete_id = (
      select a.id
      from athletes as a
      where a.user_id = :viewer_id
    )
    or sees_exercise(:viewer_id, x.athlete_id, x.id)
  )
