-- Changes the fields of a session that a merge patch holds, if the session still has a given version.
-- @param viewer_id   bigint = 1
-- @param session_id  bigint = 1
-- @param versions     bigint[] = '{-1}'
-- @param patch       json = '{"title": "Push", "rpe": null}'
-- @sample largest: viewer_id = (select a.user_id from athletes as a join sessions as s on s.athlete_id = a.id order by s.set_count desc, s.id limit 1)
-- @sample largest: session_id = (select s.id from sessions as s order by s.set_count desc, s.id limit 1)
-- @column current_version integer!
-- @column matched boolean!
-- @column version integer
-- @column reply json
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(sessions)
-- @budget run: buffers<=100
-- Version -1 stands for any version: a nullable parameter would need custom plans. In the patch, an absent field stays and
-- null clears it; a cleared zone becomes the athlete's. duration_s moves the end, counted from the new start.
with locked as materialized (
  select s.id, s.athlete_id, s.local_on, s.version, coalesce(s.athlete_id = own.id, false) as is_own
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
),
changed as (
  update sessions as s
  set title = case when p.given ? 'title' then coalesce(p.title, '') else s.title end,
      notes = case when p.given ? 'notes' then coalesce(p.notes, '') else s.notes end,
      status = case when p.given ? 'status' then p.status else s.status end,
      rpe = case when p.given ? 'rpe' then p.rpe else s.rpe end,
      started_at = coalesce(p.started_at, s.started_at),
      ended_at = case
        when p.duration_s is not null then coalesce(p.started_at, s.started_at) + make_interval(secs => p.duration_s)
        when p.given ?| '{ended_at,duration_s}' then p.ended_at
        else s.ended_at
      end,
      zone = case when p.given ? 'zone' then coalesce(p.zone, zone_or_utc(a.zone)) else s.zone end,
      local_on = (
        coalesce(p.started_at, s.started_at)
        at time zone zone_or_utc(case when p.given ? 'zone' then coalesce(p.zone, a.zone) else s.zone end)
      )::date,
      version = s.version + 1,
      updated_at = now()
  from target as t
  join athletes as a on a.id = t.athlete_id
  cross join (
    select
      :patch::jsonb as given,
      g.*
    from given_session(:patch) as g
  ) as p
  where s.id = t.id
    and :versions && array[t.version::bigint, -1]
  returning s as session
)
select
  t.version as current_version,
  (c.session).id is not null as matched,
  (c.session).version as version,
  case
    when (c.session).id is not null
      then keep_reply(session_json(c.session, exercises_of_session_now((c.session).id)))
  end as reply
from target as t
left join changed as c on true
