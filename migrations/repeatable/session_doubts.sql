-- Unlikely sets and sessions: what is found, and what is decided about it. docs/FORMULAS.md has the rules with their sources.

-- The best raw lifts of the world, kg. What exceeds them is more likely a slip.
create or replace function workouts.world_best_kg(exercise text) returns float8
language sql immutable parallel safe
return case lower(exercise)
  when 'barbell bench press' then 355
  when 'barbell squat' then 490
  when 'barbell back squat' then 490
  else 505  -- the deadlift's
end;

-- The weights that two digits next to each other, exchanged, would make of a weight.
create or replace function workouts.with_digits_exchanged(weight_kg float8) returns setof float8
language sql immutable parallel safe rows 3
as $$
  select overlay(d.digits placing reverse(substr(d.digits, n, 2)) from n for 2)::float8
  from (select trunc(weight_kg)::bigint::text as digits) as d
  cross join lateral generate_series(1, length(d.digits) - 1) as n
$$;

-- Whether a weight is another one in pounds, or with a digit too many.
create or replace function workouts.is_slip_upwards(ratio float8) returns boolean
language sql immutable parallel safe
return abs(ratio / 2.2046 - 1) <= 0.03 or abs(ratio / 10 - 1) <= 0.02;

-- Whether the two ratings of a set contradict each other. RPE is 10 less the repetitions in reserve, which are
-- estimates, so that 1 between them is usual. An RPE of 6 or less stands for 4 repetitions or more: nobody counts so
-- many (Zourdos et al. 2016, J Strength Cond Res 30:267). False where one of the two is missing.
create or replace function workouts.ratings_differ(rpe float8, rir smallint) returns boolean
language sql immutable parallel safe
return coalesce(abs(rpe - (10 - rir)) > 1 and not (rpe <= 6 and rir >= 4), false);

-- What is unlikely about the sets of a session: at most one rule a set, the first that holds. Sets are compared with the
-- same exercise in the 90 days before, with the last 5,000 at most. A light set is no slip: weights that are too low are told
-- by the heaviest set, among those that no decision has changed. What was found or kept of other sessions has no say: looking
-- through sessions in any order, and again, finds the same. So what is doubtful in the 90 days counts there, except for slips
-- in their best.
drop function if exists workouts.doubtful_sets(bigint);
create function workouts.doubtful_sets(session_id bigint) returns table (
  exercise_no smallint,
  set_no smallint,
  rule text,
  unit text,
  value float8,
  usual float8,
  proposed_weight_kg float8,
  proposed_rir smallint
)
language sql stable
as $$
  with own as (
    select
      t.athlete_id,
      t.local_on,
      t.exercise_id,
      t.exercise_no,
      t.set_no,
      t.reps,
      t.weight_kg,
      t.rpe::float8 as rpe,
      t.rir,
      workouts.e1rm_kg('epley', workouts.effective_load_kg(x.tracking, null, null, t.weight_kg), t.reps, null, 10)
        as e1rm,
      workouts.world_best_kg(x.name) as world_best,
      max(t.weight_kg) filter (where d.set_no is null) over (partition by t.exercise_id) as heaviest
    from workouts.sets as t
    join workouts.exercises as x on x.id = t.exercise_id
    left join (
      select distinct c.exercise_no, c.set_no
      from workouts.doubts as c
      where c.session_id = doubtful_sets.session_id
        and c.state in ('accepted', 'fixed')
    ) as d on d.exercise_no = t.exercise_no and d.set_no = t.set_no
    where t.session_id = doubtful_sets.session_id
      and workouts.is_working_set(t.kind)
  ),
  past as (
    select e.exercise_id, p.median, p.days, b.best
    from (
      select distinct o.athlete_id, o.local_on, o.exercise_id
      from own as o
      where o.weight_kg > 0
    ) as e
    cross join lateral (
      select
        percentile_cont(0.5) within group (order by t.weight_kg) as median,
        count(distinct t.local_on) as days,
        array_agg(t.weight_kg) as weights_kg,
        array_agg(t.reps) as reps
      from (
        select o.local_on, o.weight_kg, o.reps
        from workouts.sets as o
        where o.athlete_id = e.athlete_id
          and o.exercise_id = e.exercise_id
          and o.local_on between e.local_on - 90 and e.local_on - 1
          and workouts.is_working_set(o.kind)
          and o.weight_kg > 0
        order by o.local_on desc
        limit 5000
      ) as t
    ) as p
    cross join lateral (
      select max(workouts.e1rm_kg('epley', l.weight_kg, l.reps, null, 10)) as best
      from unnest(p.weights_kg, p.reps) as l (weight_kg, reps)
      where l.weight_kg <= 1361
        and not workouts.is_slip_upwards(l.weight_kg / p.median)
    ) as b
  ),
  compared as (
    select
      o.*,
      p.median,
      p.best,
      coalesce(p.days >= 3 and o.weight_kg > 0, false) as is_known,
      o.weight_kg / p.median as ratio,
      o.heaviest / p.median as heaviest_ratio,
      (
        select min(d.weight_kg)
        from workouts.with_digits_exchanged(o.weight_kg) as d (weight_kg)
        where abs(d.weight_kg / p.median - 1) <= 0.05
      ) as exchanged
    from own as o
    left join past as p on p.exercise_id = o.exercise_id
  ),
  ruled as (
    select
      c.*,
      case
        when c.reps > 1000 then 'many_reps'
        when c.weight_kg > 1361 then 'too_heavy'
        when c.is_known and abs(c.ratio / 2.2046 - 1) <= 0.03 then 'unit_slip'
        when c.is_known and c.heaviest_ratio < 0.6 and abs(c.ratio / 0.4536 - 1) <= 0.03 then 'unit_slip'
        when c.is_known and abs(c.ratio / 10 - 1) <= 0.02 then 'digit_slip'
        when c.is_known and c.heaviest_ratio < 0.2 and abs(c.ratio / 0.1 - 1) <= 0.02 then 'digit_slip'
        when c.is_known and c.ratio > 1.5 and c.exchanged is not null then 'digit_slip'
        when c.e1rm > c.world_best then 'world_best'
        when c.is_known and c.e1rm > 1.15 * c.best then 'e1rm_jump'
        when workouts.ratings_differ(c.rpe, c.rir) then 'ratings_differ'
      end as rule
    from compared as c
  )
  select
    r.exercise_no,
    r.set_no,
    r.rule,
    case r.rule when 'many_reps' then 'reps' when 'ratings_differ' then 'rpe' else 'kg' end,
    case
      when r.rule = 'ratings_differ' then r.rpe
      when r.rule = 'many_reps' then r.reps
      when r.rule in ('world_best', 'e1rm_jump') then workouts.rounded(r.e1rm, 2)
      else r.weight_kg
    end,
    workouts.rounded(
      case r.rule
        when 'world_best' then r.world_best
        when 'e1rm_jump' then r.best
        when 'unit_slip' then r.median
        when 'digit_slip' then r.median
        when 'ratings_differ' then 10 - r.rir
      end, 2
    ),
    workouts.rounded(
      case
        -- Typed pounds stay what they are, to the fourth decimal: 150 lb. What has more decimals was converted before.
        when r.rule = 'unit_slip' and r.ratio > 1
          then workouts.rounded(r.weight_kg * 0.45359237, case when r.weight_kg * 10 = round(r.weight_kg * 10) then 4 else 2 end)
        when r.rule = 'unit_slip' then workouts.rounded(r.weight_kg / 0.45359237, 2)
        when r.rule = 'digit_slip' and abs(r.ratio / 10 - 1) <= 0.02 then r.weight_kg / 10
        when r.rule = 'digit_slip' and r.ratio < 1 then r.weight_kg * 10
        when r.rule = 'digit_slip' then r.exchanged
      end, 4
    ),
    -- What statistics read is the RPE, so accepting changes none of them.
    case when r.rule = 'ratings_differ' then round(10 - r.rpe)::smallint end
  from ruled as r
  where r.rule is not null
$$;

-- What was lifted in a session, in its order.
create or replace function workouts.lifts_of_session(session_id bigint) returns text[]
language sql stable
as $$
  select array_agg(
    concat_ws(' ', t.exercise_id, t.weight_kg, t.reps, t.distance_m, t.duration_s)
    order by e.position, e.exercise_no, t.position, t.set_no
  )
  from workouts.sets as t
  join workouts.session_exercises as e on e.session_id = t.session_id and e.exercise_no = t.exercise_no
  where t.session_id = lifts_of_session.session_id
$$;

-- Sports that last for hours without a pause that anybody enters. Without a sport it is taken for strength.
create or replace function workouts.is_endurance_sport(sport text) returns boolean
language sql immutable parallel safe
return coalesce(sport not in ('strength', 'other'), false);

-- Beyond it, it is doubtful that a session was ended when it was over.
create or replace function workouts.longest_usual_session(sport text) returns interval
language sql immutable parallel safe
return case when workouts.is_endurance_sport(sport) then interval '24 hours' else interval '4 hours' end;

-- Whether two sessions are one training that two devices recorded. Starts that differ by an hour are a fault of the zone.
create or replace function workouts.is_same_recording(one workouts.sessions, other workouts.sessions) returns boolean
language sql immutable parallel safe
as $$
  select coalesce(
    one.sport = other.sport
    and least(
      abs(d.apart_s),
      case when abs(abs(d.apart_s) - 3600) < 60 then 0 end
    ) <= 120
    and abs(d.one_s - d.other_s) <= 0.05 * greatest(d.one_s, d.other_s)
    and abs(one.distance_m - other.distance_m) <= 0.03 * greatest(one.distance_m, other.distance_m)
    and one.distance_m > 0,
    false
  )
  from (
    select
      extract(epoch from one.started_at - other.started_at) as apart_s,
      extract(epoch from one.ended_at - one.started_at) as one_s,
      extract(epoch from other.ended_at - other.started_at) as other_s
  ) as d
$$;

-- What is unlikely about a session as a whole: the first rule that holds. Of two sessions, the later one is doubted.
-- A session is compared with the 200 before it, and set by set with 5 of the same size: nobody trains more often, and the
-- work for a session must not grow with what an athlete stores. Its own sets are read once (the select without a from).
drop function if exists workouts.doubtful_session(bigint);
create function workouts.doubtful_session(session_id bigint) returns table (
  rule text,
  unit text,
  value float8,
  usual float8,
  proposed_ended_at timestamptz,
  clears_times boolean
)
language sql stable
as $$
  select r.rule, r.unit, workouts.rounded(r.value, 2), r.usual, r.ended_at, r.rule = 'short_rests'
  from workouts.sessions as s
  cross join lateral (
    select
      max(t.done_at) + interval '5 minutes' as likely_end,
      count(t.rest_s) as rests,
      count(*) filter (where t.rest_s < 15) as short_rests
    from (
      select
        o.done_at,
        extract(epoch from o.done_at - lag(o.done_at) over (partition by o.exercise_no order by o.done_at)) as rest_s
      from workouts.sets as o
      where o.session_id = s.id
        and workouts.is_done_set(o.kind)
    ) as t
  ) as d
  cross join lateral (
    values
      (
        1, 'future', 'h', extract(epoch from s.started_at - now()) / 3600, null::float8, null::timestamptz,
        s.started_at > now() + interval '24 hours'
      ),
      (
        2, 'double', 'sets', s.set_count::float8, null, null,
        s.set_count > 0 and exists (
          select
          from (
            select n.id
            from (
              select i.id, i.status, i.set_count, i.volume_kg
              from workouts.sessions as i
              where i.athlete_id = s.athlete_id
                and i.local_on = s.local_on
                and i.id < s.id
              order by i.id desc
              limit 200
            ) as n
            where n.status = 'done'
              and (n.set_count, n.volume_kg) = (s.set_count, s.volume_kg)
            limit 5
          ) as o
          where workouts.lifts_of_session(o.id) = (select workouts.lifts_of_session(s.id))
        )
      ),
      (
        3, 'two_devices', 'h', extract(epoch from s.ended_at - s.started_at) / 3600, null, null,
        s.sport is not null and s.distance_m > 0 and exists (
          select
          from (
            select i as session
            from workouts.sessions as i
            where i.athlete_id = s.athlete_id
              and i.local_on between s.local_on - 1 and s.local_on + 1
              and i.id < s.id
            order by i.local_on desc, i.id desc
            limit 200
          ) as o
          where (o.session).status = 'done'
            and workouts.is_same_recording(o.session, s)
        )
      ),
      (
        4, 'overlap', 'h', extract(epoch from s.ended_at - s.started_at) / 3600, null, null,
        exists (
          select
          from (
            select i.status, i.started_at, i.ended_at
            from workouts.sessions as i
            where i.athlete_id = s.athlete_id
              and i.local_on between s.local_on - 1 and s.local_on + 1
              and i.id < s.id
            order by i.local_on desc, i.id desc
            limit 200
          ) as o
          where o.status = 'done'
            and o.ended_at > o.started_at
            and s.ended_at > s.started_at
            and least(o.ended_at, s.ended_at) - greatest(o.started_at, s.started_at)
              > 0.5 * least(o.ended_at - o.started_at, s.ended_at - s.started_at)
        )
      ),
      (
        5, 'long_session', 'h', extract(epoch from s.ended_at - s.started_at) / 3600, null,
        case when d.likely_end > s.started_at and d.likely_end < s.ended_at then d.likely_end end,
        s.ended_at - s.started_at > workouts.longest_usual_session(s.sport)
      ),
      (6, 'short_rests', 'sets', d.short_rests::float8, null, null, d.rests >= 4 and d.short_rests * 2 > d.rests),
      (
        7, 'heart_rate', 'bpm',
        case when s.max_heart_rate_bpm > 240 then s.max_heart_rate_bpm else s.average_heart_rate_bpm end, null, null,
        s.max_heart_rate_bpm > 240 or s.average_heart_rate_bpm not between 25 and 240
      )
  ) as r (place, rule, unit, value, usual, ended_at, holds)
  where s.id = doubtful_session.session_id
    and r.holds
  order by r.place
  limit 1
$$;

-- What a doubt is about, as it is stored now: a set's weight and repetitions, or its two ratings, or of a session what
-- its rule looks at. A decision holds as long as this stays the same.
create or replace function workouts.doubted_facts(doubt workouts.doubts) returns jsonb
language sql stable
as $$
  select coalesce(
    case
      when doubt.exercise_no > 0
        then (
          select case
            when doubt.rule = 'ratings_differ' then jsonb_build_array(t.rpe, t.rir)
            else jsonb_build_array(t.weight_kg, t.reps)
          end
          from workouts.sets as t
          where (t.session_id, t.exercise_no, t.set_no) = (doubt.session_id, doubt.exercise_no, doubt.set_no)
        )
      when doubt.rule = 'double' then to_jsonb(md5(workouts.lifts_of_session(doubt.session_id)::text))
      when doubt.rule = 'short_rests'
        then (
          select to_jsonb(md5(string_agg(t.done_at::text, ' ' order by t.exercise_no, t.set_no)))
          from workouts.sets as t
          where t.session_id = doubt.session_id
        )
      when doubt.rule in ('heart_rate', 'two_devices')
        then (
          select jsonb_build_array(
            s.started_at, s.ended_at, s.sport, s.distance_m, s.average_heart_rate_bpm, s.max_heart_rate_bpm
          )
          from workouts.sessions as s
          where s.id = doubt.session_id
        )
      else (
        select jsonb_build_array(s.started_at, s.ended_at)
        from workouts.sessions as s
        where s.id = doubt.session_id
      )
    end,
    'null'
  )
$$;

-- Marks the sets of a session whose weight or repetitions are doubtful, so that they set no records, and no others.
create or replace function workouts.mark_doubtful_sets(session_id bigint) returns void
language sql volatile
as $$
  update workouts.sets as t
  set kind = m.kind
  from (
    select
      o.exercise_no,
      o.set_no,
      workouts.doubtful_kind(o.kind, exists (
        select
        from workouts.doubts as d
        where d.session_id = o.session_id
          and d.exercise_no = o.exercise_no
          and d.set_no = o.set_no
          and d.state = 'open'
          and d.rule <> 'ratings_differ'
      )) as kind
    from workouts.sets as o
    where o.session_id = mark_doubtful_sets.session_id
  ) as m
  where t.session_id = mark_doubtful_sets.session_id
    and t.exercise_no = m.exercise_no
    and t.set_no = m.set_no
    and t.kind <> m.kind;
$$;

-- Looks through a session: new doubts are added, and open ones that no longer hold go. What is decided is not asked
-- about again, by any rule about the set's weight and repetitions, until they are changed; likewise of its ratings, and
-- of the session by the same rule. Returns the session's id.
create or replace function workouts.check_session(session_id bigint) returns bigint
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  checked workouts.sessions;
begin
  select s.*
  into checked
  from workouts.sessions as s
  where s.id = check_session.session_id
  for no key update;
  with decided as materialized (
    select d.exercise_no, d.set_no, d.rule, d.value, d.before -> 'facts' = workouts.doubted_facts(d) as is_unchanged
    from workouts.doubts as d
    where d.session_id = checked.id
      and d.state <> 'open'
  ),
  found as materialized (
    select f.*
    from (
      select s.exercise_no, s.set_no, s.rule, s.unit, s.value, s.usual, s.proposed_weight_kg, s.proposed_rir,
        null::timestamptz as proposed_ended_at, false as clears_times
      from workouts.doubtful_sets(checked.id) as s
      union all
      select 0, 0, w.rule, w.unit, w.value, w.usual, null, null, w.proposed_ended_at, w.clears_times
      from workouts.doubtful_session(checked.id) as w
    ) as f
    where checked.status = 'done'
      and not exists (
        select
        from decided as d
        where (d.exercise_no, d.set_no) = (f.exercise_no, f.set_no)
          and (d.rule = f.rule or (f.exercise_no > 0 and 'ratings_differ' not in (d.rule, f.rule)))
          and coalesce(d.is_unchanged, (d.rule, d.value) = (f.rule, f.value))
      )
  ),
  gone as (
    delete from workouts.doubts as d
    where d.session_id = checked.id
      and d.state = 'open'
      and not exists (
        select
        from found as f
        where (f.exercise_no, f.set_no, f.rule) = (d.exercise_no, d.set_no, d.rule)
      )
  )
  insert into workouts.doubts as d (
    athlete_id, session_id, local_on, exercise_no, set_no, rule, unit, value, usual, proposed_weight_kg,
    proposed_rir, proposed_ended_at, clears_times
  )
  select
    checked.athlete_id, checked.id, checked.local_on, f.exercise_no, f.set_no, f.rule, f.unit, f.value, f.usual,
    f.proposed_weight_kg, f.proposed_rir, f.proposed_ended_at, f.clears_times
  from found as f
  on conflict (session_id, exercise_no, set_no, rule) do update
    set value = excluded.value,
        usual = excluded.usual,
        proposed_weight_kg = excluded.proposed_weight_kg,
        proposed_rir = excluded.proposed_rir,
        proposed_ended_at = excluded.proposed_ended_at,
        state = 'open',
        decided_at = null,
        before = null;
  perform workouts.mark_doubtful_sets(checked.id);
  insert into workouts.session_checks as c (session_id, version)
  select s.id, s.version
  from workouts.sessions as s
  where s.id = checked.id
  on conflict (session_id) do update
    set version = excluded.version;
  return checked.id;
end
$$;

-- Looks through the latest sessions of an athlete that were not looked through as they are now; returns how many. It stops
-- after the session with which they have 50,000 sets: a statement must end in its time, or none of them is looked through.
create or replace function workouts.check_athlete(athlete_id bigint, most integer) returns bigint
language sql volatile
as $$
  select count(workouts.check_session(u.id))
  from (
    select s.id, sum(s.set_count) over (order by s.started_at desc, s.id desc) - s.set_count as sets_before
    from workouts.sessions as s
    where s.athlete_id = check_athlete.athlete_id
      and s.status = 'done'
      and not exists (
        select
        from workouts.session_checks as c
        where c.session_id = s.id
          and c.version = s.version
      )
    order by s.started_at desc, s.id desc
    limit most
  ) as u
  where u.sets_before < 50000
$$;

-- The days that a doubt tells of: whoever sees a doubt can compute from its rule, and from the session, about what those days
-- hold. A rule that is not named tells of all days with which sets are compared.
create or replace function workouts.days_behind(rule text, local_on date) returns daterange
language sql immutable parallel safe
return case
  when rule in (
    'many_reps', 'too_heavy', 'world_best', 'ratings_differ',
    'future', 'double', 'long_session', 'short_rests', 'heart_rate'
  )
    then daterange(local_on, local_on, '[]')
  when rule in ('overlap', 'two_devices') then daterange(local_on - 1, local_on + 1, '[]')
  else daterange(local_on - 90, local_on, '[]')
end;

-- A doubt as clients see it. value and usual are in unit; kilograms stand apart, so that ?units=imperial converts them.
drop function if exists workouts.doubt_fields(workouts.doubts);
create function workouts.doubt_fields(doubt workouts.doubts) returns table (
  id bigint,
  athlete_id bigint,
  session_id bigint,
  exercise_no smallint,
  set_no smallint,
  exercise_id bigint,
  exercise text,
  local_on date,
  rule text,
  reason text,
  unit text,
  value_kg float8,
  usual_kg float8,
  value float8,
  usual float8,
  proposal json,
  state text,
  found_at timestamptz,
  decided_at timestamptz
)
language sql stable rows 1
as $$
  select
    doubt.id,
    doubt.athlete_id,
    doubt.session_id,
    nullif(doubt.exercise_no, 0),
    nullif(doubt.set_no, 0),
    x.id,
    x.name,
    doubt.local_on,
    doubt.rule,
    case doubt.rule
      when 'many_reps' then 'More than 1000 repetitions.'
      when 'too_heavy' then 'More than 1361 kg (3000 lb).'
      when 'unit_slip' then 'The usual weight times 2.2046, or divided by it: kilograms and pounds may be exchanged.'
      when 'digit_slip' then 'A digit too many, too few, or two digits exchanged.'
      when 'world_best' then 'An estimated maximum above the best lift of the world.'
      when 'e1rm_jump' then 'An estimated maximum more than 15 % above the best of the 90 days before.'
      when 'ratings_differ' then 'RPE and repetitions in reserve contradict each other: an RPE is 10 less those in reserve.'
      when 'future' then 'It was done more than a day from now.'
      when 'double' then 'Another session of the same day has the same sets.'
      when 'overlap' then 'More than half of it lies in another session.'
      when 'long_session' then 'It lasted more than 4 hours, or 24 in an endurance sport: it may not have been ended.'
      when 'two_devices' then 'Another session has the same sport, start, duration and distance: two devices may have recorded it.'
      when 'heart_rate' then 'A heart rate under 25 or over 240 bpm.'
      else 'Most sets of an exercise lie less than 15 seconds apart: they were typed in later.'
    end,
    doubt.unit,
    case when doubt.unit = 'kg' then doubt.value end,
    case when doubt.unit = 'kg' then doubt.usual end,
    case when doubt.unit <> 'kg' then doubt.value end,
    case when doubt.unit <> 'kg' then doubt.usual end,
    case
      when doubt.clears_times or num_nonnulls(doubt.proposed_weight_kg, doubt.proposed_rir, doubt.proposed_ended_at) > 0
        then json_build_object(
          'weight_kg', doubt.proposed_weight_kg,
          'rir', doubt.proposed_rir,
          'ended_at', workouts.rfc3339(doubt.proposed_ended_at),
          'clears_times', doubt.clears_times
        )
    end,
    doubt.state,
    doubt.found_at,
    doubt.decided_at
  from (select) as always
  left join workouts.session_exercises as e
    on e.session_id = doubt.session_id
    and e.exercise_no = doubt.exercise_no
  left join workouts.exercises as x on x.id = e.exercise_id
$$;

-- A doubt that a user may decide, with its session locked. 404 for one that the user does not see, 403 for one that the user
-- only sees; neither waits for the lock. The rights are checked again after it was got.
create or replace function workouts.locked_doubt(viewer_id bigint, doubt_id bigint) returns workouts.doubts
language plpgsql volatile
as $$
declare
  doubt workouts.doubts;
begin
  for look in 1 .. 2 loop
    select d.*
    into doubt
    from workouts.doubts as d
    where d.id = locked_doubt.doubt_id;
    if doubt.id is null
      or not workouts.may_change_session(locked_doubt.viewer_id, doubt.athlete_id, doubt.local_on) then
      perform workouts.no_such('doubt');
    end if;
    perform s.id
    from workouts.sessions as s
    where s.id = doubt.session_id
    for update;
  end loop;
  return doubt;
end
$$;

-- Writes or deletes the set of a doubt. Returns the version that this makes.
create or replace function workouts.write_doubted_set(doubt workouts.doubts, changes jsonb) returns integer
language plpgsql volatile
as $$
declare
  made integer;
  refusal text;
begin
  select w.version, w.refusal
  into made, refusal
  from workouts.write_sets(
    doubt.session_id,
    null,
    json_build_array(
      changes || jsonb_build_object('exercise_no', doubt.exercise_no, 'set_no', doubt.set_no, 'versions', array[-1])
    )
  ) as w;
  if refusal is not null then
    perform workouts.clash('action', 'The set is gone.');
  end if;
  return made;
end
$$;

-- Decides a doubt: keep (it is right), accept (the proposal), fix (with other fields of the set), delete (the set). It changes
-- no other doubt: the next check looks at the session as it is then. Remembers in `before` what was stored, the version that
-- this made, the fields of a fix, and the facts as they are now.
create or replace function workouts.decide_doubt(viewer_id bigint, doubt_id bigint, action text, fields json)
returns workouts.doubts
language plpgsql volatile
as $$
declare
  doubt workouts.doubts := workouts.locked_doubt(decide_doubt.viewer_id, decide_doubt.doubt_id);
  wanted text := case action
    when 'keep' then 'kept' when 'accept' then 'accepted' when 'fix' then 'fixed' else 'deleted'
  end;
  stored jsonb;
  made integer;
begin
  if doubt.state = wanted and (action <> 'fix' or doubt.before -> 'fields' = fields::jsonb) then
    return doubt;
  elsif doubt.state <> 'open' then
    perform workouts.clash('action', 'It is decided already: undo that first.');
  elsif action = 'accept'
    and num_nonnulls(doubt.proposed_weight_kg, doubt.proposed_rir, doubt.proposed_ended_at) = 0
    and not doubt.clears_times then
    perform workouts.refuse('action', 'There is no proposal: expected keep, fix or delete.');
  elsif action in ('fix', 'delete') and doubt.exercise_no = 0 then
    perform workouts.refuse('action', 'It is about the whole session: change or delete that one.');
  elsif (fields ->> 'drop_of')::integer = doubt.set_no then
    perform workouts.refuse('set.drop_of', 'A drop set names another set that it follows.');
  end if;
  if action <> 'keep' and doubt.exercise_no > 0 then
    select workouts.stored_set_json(t)::jsonb
    into stored
    from workouts.sets as t
    where (t.session_id, t.exercise_no, t.set_no) = (doubt.session_id, doubt.exercise_no, doubt.set_no);
    made := workouts.write_doubted_set(
      doubt,
      coalesce(stored, '{}') || case action
        when 'accept' then jsonb_build_object('is_gone', stored is null) || case
          when doubt.rule = 'ratings_differ' then jsonb_build_object('rir', doubt.proposed_rir)
          else jsonb_build_object('weight_kg', doubt.proposed_weight_kg)
        end
        when 'fix' then fields::jsonb || jsonb_build_object('is_gone', stored is null) || case
          when fields ->> 'kind' <> 'dropset' then '{"drop_of": null}'::jsonb else '{}'
        end || case when not (fields ->> 'is_done')::boolean then '{"done_at": null}'::jsonb else '{}' end
        else '{"is_gone": true}'
      end
    );
  elsif action = 'accept' then
    select jsonb_build_object('ended_at', s.ended_at, 'end_is_guessed', s.end_is_guessed, 'times', (
      select jsonb_agg(jsonb_build_array(t.exercise_no, t.set_no, t.done_at))
      from workouts.sets as t
      where t.session_id = s.id
        and t.done_at is not null
        and doubt.clears_times
    ))
    into stored
    from workouts.sessions as s
    where s.id = doubt.session_id;
    made := workouts.settle_session(doubt.session_id, doubt.proposed_ended_at, true, doubt.clears_times);
  end if;
  update workouts.doubts as d
  set state = wanted,
      decided_at = now(),
      before = coalesce(stored, '{}')
        || jsonb_strip_nulls(jsonb_build_object('made', made))
        || jsonb_build_object('fields', fields, 'facts', workouts.doubted_facts(d))
  where d.id = doubt.id
  returning d.* into doubt;
  perform workouts.mark_doubtful_sets(doubt.session_id);
  return doubt;
end
$$;

-- Sets a session's end (null: it stays), and forgets when its sets were done if that is wanted. Returns the new version.
create or replace function workouts.settle_session(
  session_id bigint, ended_at timestamptz, is_guessed boolean, clears_times boolean
) returns integer
language sql volatile
as $$
  update workouts.sets as t
  set done_at = null
  where t.session_id = settle_session.session_id
    and t.done_at is not null
    and clears_times;
  update workouts.sessions as s
  set ended_at = coalesce(settle_session.ended_at, s.ended_at),
      end_is_guessed = case when settle_session.ended_at is null then s.end_is_guessed else is_guessed end,
      version = s.version + 1,
      set_rating_version = s.set_rating_version + 1,
      updated_at = now()
  where s.id = settle_session.session_id
  returning s.version;
$$;

-- Undoes a decision: what was stored before comes back, unless it was changed since. It changes no other doubt. 404 for one
-- that is not decided.
create or replace function workouts.undo_doubt(viewer_id bigint, doubt_id bigint) returns workouts.doubts
language plpgsql volatile
as $$
declare
  doubt workouts.doubts := workouts.locked_doubt(undo_doubt.viewer_id, undo_doubt.doubt_id);
  now_at integer;
begin
  if doubt.state = 'open' then
    perform workouts.no_such('decision');
  end if;
  if doubt.before ? 'made' then
    now_at := case
      when doubt.exercise_no > 0
        then (
          select e.version
          from workouts.set_edits as e
          where (e.session_id, e.exercise_no, e.set_no) = (doubt.session_id, doubt.exercise_no, doubt.set_no)
        )
      else (
        select s.version
        from workouts.sessions as s
        where s.id = doubt.session_id
      )
    end;
    if now_at is distinct from (doubt.before ->> 'made')::integer then
      perform workouts.clash('decision', 'It was changed since: what was stored before cannot come back.');
    elsif doubt.exercise_no > 0 then
      perform workouts.write_doubted_set(doubt, doubt.before - array['made', 'fields', 'facts'] || '{"is_gone": false}');
    else
      perform workouts.settle_session(
        doubt.session_id, (doubt.before ->> 'ended_at')::timestamptz, (doubt.before ->> 'end_is_guessed')::boolean, false
      );
      update workouts.sets as t
      set done_at = (b.place ->> 2)::timestamptz
      from jsonb_array_elements(nullif(doubt.before -> 'times', 'null')) as b (place)
      where t.session_id = doubt.session_id
        and t.exercise_no = (b.place ->> 0)::smallint
        and t.set_no = (b.place ->> 1)::smallint;
    end if;
  end if;
  update workouts.doubts as d
  set state = 'open',
      decided_at = null,
      before = null
  where d.id = doubt.id
  returning d.* into doubt;
  perform workouts.mark_doubtful_sets(doubt.session_id);
  return doubt;
end
$$;
