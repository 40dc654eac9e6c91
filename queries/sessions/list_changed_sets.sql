-- A session's sets that were written or deleted after one of its versions, in that order, a page at a time.
-- @param viewer_id         bigint = 1
-- @param session_id        bigint = 1
-- @param after_version     int = 0
-- @param after_exercise_no int = 1001
-- @param after_set_no      int = 0
-- @param limit             int = 51
-- @sample largest: viewer_id = (select a.user_id from athletes as a join sessions as s on s.athlete_id = a.id order by s.set_count desc, s.id limit 1)
-- @sample largest: session_id = (select s.id from sessions as s order by s.set_count desc, s.id limit 1)
-- @sample later_page: viewer_id = (select a.user_id from athletes as a join sessions as s on s.athlete_id = a.id order by s.set_count desc, s.id limit 1)
-- @sample later_page: session_id = (select s.id from sessions as s order by s.set_count desc, s.id limit 1)
-- @sample later_page: after_version = 1
-- @column exercise_no smallint
-- @column set_no smallint
-- @column version integer
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(sessions, session_exercises, sets, set_edits)
-- @budget run: buffers<=300
-- Sets without a row in set_edits are as the session was created: of version 1. Rows of set_edits without a set are
-- deleted ones.
select
  c.exercise_no,
  c.set_no,
  c.version,
  t.set_no is null as is_deleted,
  x.exercise_id,
  case
    when t.set_no is not null then stored_set_json(t)
  end as set
from (
  select coalesce(
    (
      select s.id
      from session_seen_by(:viewer_id, :session_id) as s
    ),
    no_such('session')
  ) as session_id
) as seen
cross join lateral (
  select e.exercise_no, e.set_no, e.version
  from set_edits as e
  where e.session_id = seen.session_id
  union all
  select made.exercise_no, made.set_no, 1
  from sets as made
  where made.session_id = seen.session_id
    and not exists (
      select 1
      from set_edits as later
      where later.session_id = made.session_id
        and later.exercise_no = made.exercise_no
        and later.set_no = made.set_no
    )
) as c
left join sets as t
  on t.session_id = seen.session_id
  and t.exercise_no = c.exercise_no
  and t.set_no = c.set_no
left join session_exercises as x
  on x.session_id = seen.session_id
  and x.exercise_no = c.exercise_no
where (c.version, c.exercise_no, c.set_no) > (:after_version, :after_exercise_no, :after_set_no)
order by c.version, c.exercise_no, c.set_no
limit :limit
