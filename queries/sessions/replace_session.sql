-- Replaces a session with its exercises, sets and laps, if it still has a given version; rows whose numbers stay are kept.
-- @param viewer_id   bigint = 1
-- @param session_id  bigint = 1
-- @param versions    bigint[] = '{1}'
-- @param session     json = '{"started_at": "2026-01-05T17:00:00Z", "ended_at": "2026-01-05T18:10:00Z", "zone": null, "title": "Push", "notes": "", "status": "done", "rpe": 7.5, "exercises": [{"exercise_no": 1, "position": 1, "exercise_id": 1, "notes": "", "sets": [{"set_no": 1, "position": 1, "kind": "normal", "reps": 5, "weight_kg": 100}]}]}'
-- @column current_version integer!
-- @column matched boolean!
-- @column version integer
-- @column reply json
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(sessions, session_exercises, sets, exercises)
-- @budget run: buffers<=260
-- Unchanged rows are not written again. The foreign keys carry a changed day to all rows that are kept.
-- What v1 had from the start and is not given goes; what came later (laps, sport and what was measured) stays: clients that
-- do not know it send sessions back without it.
with locked as materialized (
  select
    s.id,
    s.athlete_id,
    s.local_on,
    s.version,
    -- still at the version, and seen there when the statement began: after a wait for another replacement, the rows
    -- that it added are not seen, and would be kept; so a write to any version (-1) may also lose this race
    :versions && array[s.version::bigint, -1] and (
      select seen.version
      from sessions as seen
      where seen.id = s.id
    ) = s.version as is_current,
    coalesce(s.athlete_id = own.id, false) as is_own
  from sessions as s
  left join athletes as own on own.user_id = :viewer_id
  where s.id = :session_id
    and (s.athlete_id = own.id or may_change_session(:viewer_id, s.athlete_id, s.local_on))
  for update of s
),
target as materialized (
  -- The rights are checked again after the lock was got: its last holder may have ended the viewer's rights.
  select l.*, case when l.is_current then session_within_bounds(numbered_session(:session, l.id), l.id) end as document
  from locked as l
  where l.is_own or may_change_session(:viewer_id, l.athlete_id, l.local_on)
),
given_exercises as materialized (
  select x.*
  from target as t
  cross join lateral given_exercises(t.document, t.athlete_id) as x
  where t.is_current
),
given_sets as materialized (
  select x.exercise_no, x.exercise_id, t.*
  from given_exercises as x
  cross join lateral given_sets(x.sets) as t
),
given_sets_json as (
  select t.exercise_no, json_agg(t.reply order by t.position, t.set_no) as sets
  from given_sets as t
  group by t.exercise_no
),
given_exercises_json as (
  select
    json_agg(
      session_exercise_json(x.exercise_no, x.position, x.exercise_id, x.name, x.superset, x.notes, s.sets)
      order by x.position, x.exercise_no
    ) as exercises
  from given_exercises as x
  left join given_sets_json as s on s.exercise_no = x.exercise_no
),
totals as (
  select
    (select count(*) from given_exercises) as exercise_count,
    count(*) filter (where t.is_done) as set_count,
    rounded(coalesce(sum(set_volume_kg(t.kind, t.weight_kg, t.reps)), 0), 4) as volume_kg,
    avg(rating_of_set(t.kind, t.rpe, t.rir)) as set_rating,
    max(t.done_at) filter (where t.done_at <= now()) as last_done_at
  from given_sets as t
),
old_exercises as (
  -- Those that go, or whose number is another exercise's from now on.
  select x.exercise_no
  from target as t
  join session_exercises as x on x.session_id = t.id
  where t.is_current
    and not exists (
      select 1
      from given_exercises as g
      where g.exercise_no = x.exercise_no
        and g.exercise_id = x.exercise_id
    )
),
changed as (
  update sessions as s
  set started_at = g.started_at,
      ended_at = case
        when s.end_is_guessed and s.ended_at = g.ended_at and n.last_done_at is not null
          then end_after_set(g.started_at, n.last_done_at)
        else g.ended_at
      end,
      end_is_guessed = s.end_is_guessed and s.ended_at is not distinct from g.ended_at,
      local_on = (g.started_at at time zone zone_or_utc(coalesce(g.zone, a.zone)))::date,
      zone = coalesce(g.zone, zone_or_utc(a.zone)),
      title = g.title,
      notes = g.notes,
      status = g.status,
      rpe = g.rpe,
      sport = case when d.given ? 'sport' then g.sport else s.sport end,
      moving_time_s = case when d.given ? 'moving_time_s' then g.moving_time_s else s.moving_time_s end,
      distance_m = case when d.given ? 'distance_m' then g.distance_m else s.distance_m end,
      ascent_m = case when d.given ? 'ascent_m' then g.ascent_m else s.ascent_m end,
      descent_m = case when d.given ? 'descent_m' then g.descent_m else s.descent_m end,
      average_heart_rate_bpm = case
        when d.given ? 'average_heart_rate_bpm' then g.average_heart_rate_bpm else s.average_heart_rate_bpm
      end,
      max_heart_rate_bpm = case
        when d.given ? 'max_heart_rate_bpm' then g.max_heart_rate_bpm else s.max_heart_rate_bpm
      end,
      average_power_w = case when d.given ? 'average_power_w' then g.average_power_w else s.average_power_w end,
      normalized_power_w = case
        when d.given ? 'normalized_power_w' then g.normalized_power_w else s.normalized_power_w
      end,
      exercise_count = n.exercise_count,
      last_exercise_no = greatest(
        s.last_exercise_no,
        (
          select max(o.exercise_no)
          from old_exercises as o
        )
      ),
      set_count = n.set_count,
      volume_kg = n.volume_kg,
      set_rating = n.set_rating,
      set_rating_version = s.version + 1,
      version = s.version + 1,
      updated_at = now()
  from target as t
  cross join totals as n
  join athletes as a on a.id = t.athlete_id
  cross join given_session(:session) as g
  cross join (select :session::jsonb as given) as d
  where s.id = t.id
    and t.is_current
  returning s as session
),
forgotten_merges as (
  -- Undoing a merge brings back what it moved, and not what is recorded under the same number afterwards.
  update exercise_merges as m
  set (session_ids, exercise_nos) = (
    select
      coalesce(array_agg(u.session_id order by u.place), '{}'),
      coalesce(array_agg(u.exercise_no order by u.place), '{}')
    from unnest(m.session_ids, m.exercise_nos) with ordinality as u (session_id, exercise_no, place)
    where u.session_id <> g.session_id
      or u.exercise_no <> all(g.exercise_nos)
  )
  from (
    select (c.session).id as session_id, (c.session).athlete_id, array_agg(o.exercise_no) as exercise_nos
    from changed as c
    cross join old_exercises as o
    group by c.session
  ) as g
  where m.exercise_id = any(array(
      select x.id
      from exercises as x
      where x.athlete_id = g.athlete_id
        and x.merged_into is not null
    ))
    and m.session_ids @> array[g.session_id]
),
gone_sets as (
  delete from sets as t
  using changed as c
  where t.session_id = (c.session).id
    and not exists (
      select 1
      from given_sets as g
      where g.exercise_no = t.exercise_no
        and g.set_no = t.set_no
    )
  returning t.exercise_no, t.set_no
),
gone_exercises as (
  delete from session_exercises as x
  using changed as c
  where x.session_id = (c.session).id
    and not exists (
      select 1
      from given_exercises as g
      where g.exercise_no = x.exercise_no
    )
),
kept_exercises as (
  insert into session_exercises as x (
    session_id, athlete_id, local_on, exercise_no, position, exercise_id, superset, notes
  )
  select
    (c.session).id,
    (c.session).athlete_id,
    (c.session).local_on,
    g.exercise_no,
    g.position,
    g.exercise_id,
    g.superset,
    g.notes
  from changed as c
  cross join given_exercises as g
  on conflict (session_id, exercise_no) do update
    set local_on = excluded.local_on,
        position = excluded.position,
        exercise_id = excluded.exercise_id,
        superset = excluded.superset,
        notes = excluded.notes
    where (x.local_on, x.position, x.exercise_id, x.superset, x.notes)
      is distinct from (
        excluded.local_on, excluded.position, excluded.exercise_id, excluded.superset, excluded.notes
      )
),
kept_sets as (
  insert into sets as t (
    session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position, reps, duration_s, kind, rir,
    weight_kg, distance_m, rpe, notes, side, tempo, drop_of, done_at
  )
  select
    (c.session).id,
    (c.session).athlete_id,
    g.exercise_id,
    (c.session).local_on,
    g.exercise_no,
    g.set_no,
    g.position,
    g.reps,
    g.duration_s,
    g.kind,
    g.rir,
    g.weight_kg,
    g.distance_m,
    g.rpe,
    g.notes,
    g.side,
    g.tempo,
    g.drop_of,
    g.done_at
  from changed as c
  cross join given_sets as g
  on conflict (session_id, exercise_no, set_no) do update
    set exercise_id = excluded.exercise_id,
        local_on = excluded.local_on,
        position = excluded.position,
        reps = excluded.reps,
        duration_s = excluded.duration_s,
        kind = rewritten_kind(t.kind, t.weight_kg, t.reps, excluded.kind, excluded.weight_kg, excluded.reps),
        rir = excluded.rir,
        weight_kg = excluded.weight_kg,
        distance_m = excluded.distance_m,
        rpe = excluded.rpe,
        notes = excluded.notes,
        side = excluded.side,
        tempo = excluded.tempo,
        drop_of = excluded.drop_of,
        done_at = excluded.done_at
    where (
        t.exercise_id, t.local_on, t.position, t.reps, t.duration_s, t.kind, t.rir,
        t.weight_kg, t.distance_m, t.rpe, t.notes, t.side, t.tempo, t.drop_of, t.done_at
      )
      is distinct from (
        excluded.exercise_id, excluded.local_on, excluded.position, excluded.reps, excluded.duration_s,
        rewritten_kind(t.kind, t.weight_kg, t.reps, excluded.kind, excluded.weight_kg, excluded.reps),
        excluded.rir, excluded.weight_kg, excluded.distance_m, excluded.rpe, excluded.notes, excluded.side,
        excluded.tempo, excluded.drop_of, excluded.done_at
      )
  returning t.exercise_no, t.set_no
),
edits as (
  -- Who writes single sets learns that these changed, or are gone. A device is no longer the last writer.
  insert into set_edits (session_id, exercise_no, set_no, version)
  select (c.session).id, e.exercise_no, e.set_no, (c.session).version
  from changed as c
  cross join (
    select g.exercise_no, g.set_no
    from gone_sets as g
    union all
    select k.exercise_no, k.set_no
    from kept_sets as k
  ) as e
  on conflict (session_id, exercise_no, set_no) do update
    set version = excluded.version,
        device = null
)
select
  t.version as current_version,
  (c.session).id is not null as matched,
  (c.session).version as version,
  case
    when (c.session).id is not null
      then keep_reply(
        session_json(c.session, j.exercises, write_laps((c.session).id, :session::jsonb ? 'laps', :session -> 'laps'))
      )
  end as reply
from target as t
cross join given_exercises_json as j
left join changed as c on true
