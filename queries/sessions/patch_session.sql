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
-- null clears it; a cleared zone becomes the athlete's. duration_s moves the end, counted from the new start. A planned
-- session that starts does so now, and its sets are not done yet; one in progress that is done ends now, or, if
-- it was forgotten or began longer ago than a session may last, by a guess; one that ended less than 4 hours ago and goes
-- on has no end until then. Each unless the patch says otherwise.
with locked as materialized (
  select
    coalesce(s.athlete_id = own.id, false) as is_own, s.id, s.athlete_id, s.local_on, s.version, s.status, s.started_at,
    s.ended_at, is_forgotten(s) as is_forgotten
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
      sport = case when p.given ? 'sport' then p.sport else s.sport end,
      moving_time_s = case when p.given ? 'moving_time_s' then p.moving_time_s else s.moving_time_s end,
      distance_m = case when p.given ? 'distance_m' then p.distance_m else s.distance_m end,
      ascent_m = case when p.given ? 'ascent_m' then p.ascent_m else s.ascent_m end,
      descent_m = case when p.given ? 'descent_m' then p.descent_m else s.descent_m end,
      average_heart_rate_bpm = case
        when p.given ? 'average_heart_rate_bpm' then p.average_heart_rate_bpm
        else s.average_heart_rate_bpm
      end,
      max_heart_rate_bpm = case
        when p.given ? 'max_heart_rate_bpm' then p.max_heart_rate_bpm
        else s.max_heart_rate_bpm
      end,
      average_power_w = case when p.given ? 'average_power_w' then p.average_power_w else s.average_power_w end,
      normalized_power_w = case
        when p.given ? 'normalized_power_w' then p.normalized_power_w
        else s.normalized_power_w
      end,
      started_at = n.started_at,
      ended_at = case
        when p.duration_s is not null then n.started_at + make_interval(secs => p.duration_s)
        when p.given ?| '{ended_at,duration_s}' then p.ended_at
        when n.starts or n.goes_on then null
        when n.ends and n.is_guess
          then guessed_end(jsonb_populate_record(s, jsonb_build_object('started_at', n.started_at)))
        when n.ends then greatest(n.started_at, date_trunc('second', now()))
        else s.ended_at
      end,
      end_is_guessed = case
        when p.given ?| '{ended_at,duration_s}' or n.starts or n.goes_on then false
        when n.ends then n.is_guess
        else s.end_is_guessed
      end,
      set_count = case when n.starts then 0 else s.set_count end,
      volume_kg = case when n.starts then 0 else s.volume_kg end,
      set_rating = case when not n.starts then s.set_rating end,
      set_rating_version = case
        when n.starts then version_after(s.version, :patch)
        else version_after(s.set_rating_version, :patch)
      end,
      zone = case when p.given ? 'zone' then coalesce(p.zone, zone_or_utc(a.zone)) else s.zone end,
      local_on = (
        n.started_at at time zone zone_or_utc(case when p.given ? 'zone' then coalesce(p.zone, a.zone) else s.zone end)
      )::date,
      version = version_after(s.version, :patch),
      updated_at = updated_after(s.updated_at, :patch)
  from target as t
  join athletes as a on a.id = t.athlete_id
  cross join (
    select
      :patch::jsonb as given,
      g.*
    from given_session(:patch) as g
  ) as p
  cross join lateral (
    select
      c.starts,
      coalesce(
        p.status = 'in_progress' and t.status = 'done' and t.ended_at > now() - interval '4 hours',
        false
      ) as goes_on,
      p.status = 'done' and t.status = 'in_progress' and t.ended_at is null as ends,
      c.started_at,
      t.is_forgotten or c.started_at < now() - interval '10 days' as is_guess
    from (
      select
        b.starts,
        coalesce(p.started_at, case when b.starts then date_trunc('second', now()) else t.started_at end) as started_at
      from (select coalesce(p.status = 'in_progress' and t.status = 'planned', false) as starts) as b
    ) as c
  ) as n
  where s.id = t.id
    and :versions && array[t.version::bigint, -1]
  returning s as session, n.starts
),
planned_sets as (
  update sets as x
  set kind = upper(doubtful_kind(x.kind, false)::text)::"char"
  from changed as c
  where c.starts
    and x.session_id = (c.session).id
  returning x.set_no
)
select
  t.version as current_version,
  (c.session).id is not null as matched,
  (c.session).version as version,
  case
    when (c.session).id is not null
      then keep_reply(
        session_json(
          c.session,
          exercises_of_session_now((c.session).id),
          write_laps((c.session).id, :patch::jsonb ? 'laps', :patch -> 'laps')
        )
      )
  end as reply
from target as t
left join changed as c on true
cross join (select count(*) from planned_sets) as turned_before_the_reply
