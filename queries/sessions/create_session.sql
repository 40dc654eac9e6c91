-- Records a session with its exercises, sets and laps; if its client_key is stored already, gives the stored session.
-- @param viewer_id  bigint = 1
-- @param athlete_id bigint = 0
-- @param copy_of    bigint = 0
-- @param session    json = '{"started_at": "2026-01-05T17:00:00Z", "ended_at": "2026-01-05T18:10:00Z", "zone": null, "title": "Push", "notes": "", "status": "done", "rpe": 7.5, "client_key": null, "exercises": [{"exercise_no": 1, "position": 1, "exercise_id": 1, "notes": "", "sets": [{"set_no": 1, "position": 1, "kind": "normal", "reps": 5, "weight_kg": 100}]}]}'
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @column id bigint!
-- @column version integer!
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(exercises)
-- @budget run: buffers<=150
-- copy_of 0: the exercises are those of the document; else those of that session, whose sets are then planned.
-- Athlete 0 is the viewer's own: a nullable parameter would need custom plans. Another athlete is one whom the viewer
-- keeps. Several requests with one client_key may come at once, for a session in progress. Then a waiting one may hit the
-- conflict about sessions in progress before the one about its key. So no conflict is an error by itself. If the key is
-- not stored, session_json_of_client_key() raises the error.
with given as (
  select
    a.id as athlete_id,
    coalesce(g.zone, zone_or_utc(a.zone)) as zone_there,
    d.document,
    g.*
  from athletes as a
  cross join lateral (
    select case when :copy_of = 0 then :session else copied_session(:session, :copy_of, a.id) end as document
  ) as d
  cross join lateral given_session(d.document) as g
  where a.id = case
      when :athlete_id = 0
        then (
          select own.id
          from athletes as own
          where own.user_id = :viewer_id
        )
      else (select lock_writable_athlete(:viewer_id, :athlete_id))
    end
),
given_exercises as materialized (
  select x.*
  from given
  cross join lateral given_exercises(given.document, given.athlete_id) as x
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
made_session as (
  insert into sessions as s (
    athlete_id, started_at, ended_at, local_on, zone, rpe, status, title, notes, client_key,
    sport, moving_time_s, distance_m, ascent_m, descent_m, average_heart_rate_bpm, max_heart_rate_bpm,
    average_power_w, normalized_power_w, exercise_count, set_count, volume_kg,
    set_rating, set_rating_version, laps_s
  )
  select
    g.athlete_id,
    g.started_at,
    g.ended_at,
    (g.started_at at time zone zone_or_utc(g.zone_there))::date,
    g.zone_there,
    g.rpe,
    g.status,
    g.title,
    g.notes,
    g.client_key,
    g.sport,
    g.moving_time_s,
    g.distance_m,
    g.ascent_m,
    g.descent_m,
    g.average_heart_rate_bpm,
    g.max_heart_rate_bpm,
    g.average_power_w,
    g.normalized_power_w,
    (select count(*) from given_exercises),
    (select count(*) from given_sets as t where t.is_done),
    (select rounded(coalesce(sum(set_volume_kg(t.kind, t.weight_kg, t.reps)), 0), 4) from given_sets as t),
    (select avg(rating_of_set(t.kind, t.rpe, t.rir)) from given_sets as t),
    1,
    0  -- a trigger on laps changes it
  from given as g
  on conflict do nothing  -- for client_key; the error for another session in progress is raised below
  returning s as session
),
made_exercises as (
  insert into session_exercises (
    session_id, athlete_id, local_on, exercise_no, position, exercise_id, superset, notes
  )
  select
    (m.session).id,
    (m.session).athlete_id,
    (m.session).local_on,
    x.exercise_no,
    x.position,
    x.exercise_id,
    x.superset,
    x.notes
  from made_session as m
  cross join given_exercises as x
),
made_sets as (
  insert into sets (
    session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position, reps, duration_s, kind, rir,
    weight_kg, distance_m, rpe, notes, side, tempo, drop_of, done_at
  )
  select
    (m.session).id,
    (m.session).athlete_id,
    t.exercise_id,
    (m.session).local_on,
    t.exercise_no,
    t.set_no,
    t.position,
    t.reps,
    t.duration_s,
    t.kind,
    t.rir,
    t.weight_kg,
    t.distance_m,
    t.rpe,
    t.notes,
    t.side,
    t.tempo,
    t.drop_of,
    t.done_at
  from made_session as m
  cross join given_sets as t
),
replies as materialized (
  select
    m.session,
    keep_reply(
      case
        when (m.session).id is not null
          then session_json(
            m.session,
            j.exercises,
            case
              when json_array_length(g.document -> 'laps') > 0
                then write_laps((m.session).id, true, g.document -> 'laps')
              else '[]'
            end
          )
        else session_json_of_client_key(g.athlete_id, g.client_key)
      end
    ) as reply
  from given as g
  cross join given_exercises_json as j
  left join made_session as m on true
)
select
  coalesce((r.session).id, (r.reply ->> 'id')::bigint) as id,
  coalesce((r.session).version, (r.reply ->> 'version')::integer) as version,
  r.reply
from replies as r
