-- Writes or deletes one set of a session, unless this device sent it before or another device changed it.
-- @param viewer_id  bigint = 1
-- @param session_id bigint = 1
-- @param device     text? = 'phone'
-- @param items     json = '[{"exercise_no": 1, "set_no": 1, "exercise_id": 1, "is_gone": false, "seq": 1, "versions": [-1], "kind": "normal", "reps": 5, "weight_kg": 100}]'
-- @sample largest: viewer_id = (select a.user_id from athletes as a join sessions as s on s.athlete_id = a.id order by s.set_count desc, s.id limit 1)
-- @sample largest: session_id = (select s.id from sessions as s order by s.set_count desc, s.id limit 1)
-- @column refusal text
-- @column version integer
-- @column is_deleted boolean
-- @column stored json
-- @column reply json
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(sessions)
-- @budget run: buffers<=300
-- The items are a list of one. versions null: no If-Match; -1 in it: any version. write_sets() does the work after the
-- lock was got, with a snapshot of that moment. progress_of_set() comes after it and sees the set.
with locked as materialized (
  select s.id, s.athlete_id, s.local_on, coalesce(s.athlete_id = own.id, false) as is_own
  from sessions as s
  left join athletes as own on own.user_id = :viewer_id
  where s.id = :session_id
    and (s.athlete_id = own.id or may_change_session(:viewer_id, s.athlete_id, s.local_on))
  for update of s
),
target as materialized (
  -- The rights are checked again after the lock was got: its last holder may have ended the viewer's rights.
  select l.*
  from locked as l
  where l.is_own or may_change_session(:viewer_id, l.athlete_id, l.local_on)
)
select
  r.refusal,
  r.version,
  r.is_deleted,
  r.stored,
  case
    when coalesce(r.refusal, 'known') = 'known'
      then keep_reply(json_build_object(
        'version', r.version, 'is_deleted', r.is_deleted, 'set', r.stored, 'records', coalesce(n.records, '[]'),
        'rest_s', n.rest_s, 'done_at', n.done_at
      ))
  end as reply
from (select coalesce((select g.id from target as g), no_such('session')) as id) as t
cross join lateral write_sets(t.id, :device, :items) as r
left join lateral progress_of_set(t.id, r.exercise_no, r.set_no) as n on true
