-- Adds a comment to a session that the viewer sees, or to one of its exercises or sets (0: to none of them).
-- @param viewer_id   bigint = 1
-- @param session_id  bigint = 1
-- @param exercise_no int = 0
-- @param set_no      int = 0
-- @param body        text = 'Slower on the way down.'
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample heavy_athlete: session_id = (select max(s.id) from sessions as s where s.athlete_id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @column id bigint!
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(sessions)
-- @budget run: buffers<=200
with seen as materialized (
  select coalesce(min(s.id), no_such('session')) as session_id
  from session_seen_by(:viewer_id, :session_id) as s
),
target as materialized (
  select s.id, s.athlete_id, s.local_on
  from seen as v
  join sessions as s on s.id = v.session_id
),
made as (
  insert into session_comments as c (athlete_id, session_id, author_id, local_on, exercise_no, set_no, body)
  select
    t.athlete_id,
    t.id,
    :viewer_id,
    t.local_on,
    case
      when :exercise_no = 0 or exists (
        select
        from session_exercises as e
        where e.session_id = t.id
          and e.exercise_no = :exercise_no
      ) then :exercise_no
      else refuse('exercise_no', 'The session has no exercise of this number.')
    end,
    case
      when :set_no = 0 or exists (
        select
        from sets as x
        where x.session_id = t.id
          and x.exercise_no = :exercise_no
          and x.set_no = :set_no
      ) then :set_no
      else refuse('set_no', 'The exercise has no set of this number.')
    end,
    :body
  from target as t
  where has_room_for_comment(t.id)
  returning c as comment
)
select
  f.id,
  keep_reply(json_build_object(
    'id', f.id, 'session_id', f.session_id, 'exercise_no', f.exercise_no, 'set_no', f.set_no, 'author_id', f.author_id,
    'author', f.author, 'is_mine', f.is_mine, 'body', f.body, 'created_at', rfc3339(f.created_at)
  )) as reply
from made as m
cross join lateral comment_fields(m.comment, :viewer_id) as f
