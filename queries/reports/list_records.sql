-- An athlete's records in all exercises, newest first, a page at a time.
-- @param viewer_id       bigint = 1
-- @param athlete_id      bigint? = null
-- @param exercise_id     bigint? = null
-- @param kind            text? = null
-- @param e1rm            text = 'epley'
-- @param before_on       date = 'infinity'
-- @param after_exercise  bigint = 0
-- @param after_kind      text = ''
-- @param limit           int = 51
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample later_page: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample later_page: before_on = current_date - 200
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @column local_on date!
-- @column exercise_id bigint!
-- @column exercise text!
-- @column kind text!
-- @returns many
-- @plan generic
-- @waive custom-plan: whom it is about comes from a function, so that values change no plan; planning took as long as a light athlete's report
-- @readonly
-- @budget plan: no_seqscan(sets, sessions)
-- @budget run: buffers<=3000
-- Every record needs the history before it, so a page costs as much as all of them. Each exercise is read once, in the order
-- of the index of the statistics: the days of an exercise need no sorting, and the days before a day are a running maximum.
-- Time and distance are not in that index, and are read of the exercises that track them.
with recursive period as materialized (
  select p.*
  from report_period(:viewer_id, :athlete_id, null, null, 'day') as p
),
exercise_ids as (
  -- The index of the statistics is descended once an exercise: reading all sets for their exercises costs as much as the
  -- records.
  select coalesce(:exercise_id, (
    select min(t.exercise_id)
    from sets as t
    where t.athlete_id = (select p.athlete_id from period as p)
  )) as id
  union all
  select (
    select min(t.exercise_id)
    from sets as t
    where t.athlete_id = (select p.athlete_id from period as p)
      and t.exercise_id > e.id
  )
  from exercise_ids as e
  where e.id is not null
    and :exercise_id::bigint is null
),
done_exercises as materialized (
  -- What an exercise tracks is decided here, and not for each set: comparing texts takes longer than all else.
  select
    x.id,
    x.name,
    x.bodyweight_factor,
    x.tracking = 'bodyweight_reps' as is_bodyweight,
    x.tracking in ('weight_reps', 'bodyweight_reps', 'weight_time', 'weight_distance') as has_load,
    x.tracking in ('weight_reps', 'bodyweight_reps') as has_volume,
    x.tracking in ('weight_reps', 'bodyweight_reps', 'reps') as has_reps,
    x.tracking in ('time', 'weight_time', 'distance_time') as has_time,
    x.tracking in ('distance_time', 'weight_distance') as has_distance
  from exercises as x
  where x.id in (select e.id from exercise_ids as e)
),
bodyweights as materialized (
  -- Two lists, in which each set is looked up: a join would lose the order of the index. 0 is unknown.
  select
    array_agg(b.from_on order by b.from_on) as from_days,
    array_agg(coalesce(b.bodyweight_kg, 0) order by b.from_on) as weights_kg
  from period as p
  cross join lateral bodyweight_steps(p.athlete_id, p.seen_days) as b
  where exists (select from done_exercises as x where x.is_bodyweight)
),
unfinished as materialized (
  select s.id, s.local_on
  from sessions as s
  where s.athlete_id = (select p.athlete_id from period as p)
    and s.local_on <= (select p.to_on from period as p)
    and s.status <> 'done'
),
done_sets_beside as materialized (
  -- The index does not say of which session a set is. On a day with an unfinished session those count that a finished one
  -- has as well; how many there are does not matter to a maximum.
  select
    t.exercise_id,
    t.local_on,
    t.kind,
    coalesce(t.weight_kg, -1000) as weight_kg,
    coalesce(t.reps, -1) as reps
  from (select distinct u.local_on from unfinished as u) as d
  join sessions as s on s.athlete_id = (select p.athlete_id from period as p) and s.local_on = d.local_on
  cross join lateral (
    select o.exercise_id, o.local_on, o.kind, o.weight_kg, o.reps
    from sets as o
    where o.session_id = s.id
    offset 0  -- by session: these are few
  ) as t
  where s.status = 'done'
),
lift_days as (
  -- The days that beat all days before in something, the first one among them. They are few: rounding and all else is for
  -- them alone.
  select
    x.id as exercise_id,
    x.has_load,
    x.has_volume,
    x.has_reps,
    d.*
  from done_exercises as x
  cross join lateral (
    select
      l.*,
      max(l.heaviest) over earlier as heaviest_before,
      max(l.e1rm) over earlier as e1rm_before,
      max(l.set_volume) over earlier as set_volume_before,
      max(l.most_reps) over earlier as most_reps_before
    from (
      select
        t.local_on,
        max(case when x.is_bodyweight then t.load_kg else t.weight_kg end) as heaviest,
        max(e1rm_kg(:e1rm, t.load_kg, t.reps, null, 10)) as e1rm,
        max(t.load_kg * t.reps) as set_volume,
        max(t.reps) as most_reps
      from (
        -- The load is effective_load_kg(), without its comparisons of texts.
        select
          c.local_on,
          c.weight_kg,
          c.reps,
          case
            when x.is_bodyweight then nullif(greatest(
              x.bodyweight_factor * nullif(
                (select b.weights_kg from bodyweights as b)[
                  width_bucket(c.local_on, (select b.from_days from bodyweights as b))
                ], 0
              ) + coalesce(c.weight_kg, 0), 0
            ), 0)
            when c.weight_kg > 0 then c.weight_kg
          end as load_kg
        from sets as c
        where c.athlete_id = (select p.athlete_id from period as p)
          and c.exercise_id = x.id
          and c.local_on <= (select p.to_on from period as p)
          and ((select p.seen_days is null from period as p) or c.local_on <@ (select p.seen_days from period as p))
          and (
            c.local_on not in (select u.local_on from unfinished as u)
            or (c.exercise_id, c.local_on, c.kind, coalesce(c.weight_kg, -1000), coalesce(c.reps, -1)) in (
              select o.exercise_id, o.local_on, o.kind, o.weight_kg, o.reps
              from done_sets_beside as o
            )
          )
          and is_record_set(c.kind)
          and (c.reps is distinct from 0 or not x.has_reps)  -- has_failed(), without its comparison of texts
        order by c.local_on  -- the index's order; without it the planner sorts again
      ) as t
      group by t.local_on
    ) as l
    window earlier as (order by l.local_on rows between unbounded preceding and 1 preceding)
  ) as d
  where (x.has_load or x.has_reps)
    and (
      d.heaviest > coalesce(d.heaviest_before, '-infinity')
      or d.e1rm > coalesce(d.e1rm_before, '-infinity')
      or d.set_volume > coalesce(d.set_volume_before, '-infinity')
      or d.most_reps > coalesce(d.most_reps_before, -1)
    )
),
timed_days as (
  select
    x.id as exercise_id,
    x.has_time,
    x.has_distance,
    d.*
  from done_exercises as x
  cross join lateral (
    select
      l.*,
      max(l.longest) over earlier as longest_before,
      max(l.farthest) over earlier as farthest_before
    from (
      select
        t.local_on,
        max(t.duration_s) as longest,
        max(t.distance_m) as farthest
      from sets as t
      where t.athlete_id = (select p.athlete_id from period as p)
        and t.exercise_id = x.id
        and t.local_on <= (select p.to_on from period as p)
        and ((select p.seen_days is null from period as p) or t.local_on <@ (select p.seen_days from period as p))
        and t.session_id not in (select u.id from unfinished as u)
        and is_record_set(t.kind)
      group by t.local_on
    ) as l
    window earlier as (order by l.local_on rows between unbounded preceding and 1 preceding)
  ) as d
  where (x.has_time or x.has_distance)
    and (
      d.longest > coalesce(d.longest_before, -1)
      or d.farthest > coalesce(d.farthest_before, -1)
    )
),
best_days as (
  select
    l.exercise_id,
    l.local_on,
    case when l.has_load then rounded(l.heaviest, 2) end as heaviest,
    rounded(l.heaviest_before, 2) as heaviest_before,
    case when l.has_volume then rounded(l.e1rm, 2) end as e1rm,
    rounded(l.e1rm_before, 2) as e1rm_before,
    case when l.has_volume then rounded(l.set_volume, 2) end as set_volume,
    rounded(l.set_volume_before, 2) as set_volume_before,
    case when l.has_reps then l.most_reps end::float8 as most_reps,
    l.most_reps_before::float8 as most_reps_before,
    null::float8 as longest,
    null::float8 as longest_before,
    null::float8 as farthest,
    null::float8 as farthest_before
  from lift_days as l
  union all
  select
    t.exercise_id,
    t.local_on,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    case when t.has_time then t.longest end::float8,
    t.longest_before::float8,
    case when t.has_distance then rounded(t.farthest, 2) end,
    rounded(t.farthest_before, 2)
  from timed_days as t
),
record_days as (
  -- With the day that each kind was best on before.
  select
    d.*,
    max(d.local_on) filter (where d.heaviest > coalesce(d.heaviest_before, '-infinity')) over earlier as heaviest_on,
    max(d.local_on) filter (where d.e1rm > coalesce(d.e1rm_before, '-infinity')) over earlier as e1rm_on,
    max(d.local_on) filter (where d.set_volume > coalesce(d.set_volume_before, '-infinity')) over earlier
      as set_volume_on,
    max(d.local_on) filter (where d.most_reps > coalesce(d.most_reps_before, '-infinity')) over earlier as most_reps_on,
    max(d.local_on) filter (where d.longest > coalesce(d.longest_before, '-infinity')) over earlier as longest_on,
    max(d.local_on) filter (where d.farthest > coalesce(d.farthest_before, '-infinity')) over earlier as farthest_on
  from best_days as d
  window earlier as (
    partition by d.exercise_id
    order by d.local_on
    rows between unbounded preceding and 1 preceding
  )
),
page_days as (
  -- Each has a record at least, but for the two of the exercise and day on which the page before ended.
  select d.*
  from record_days as d
  where (d.local_on < :before_on or (d.local_on = :before_on and d.exercise_id >= :after_exercise))
    and (
      (d.heaviest > d.heaviest_before and coalesce(:kind::text, 'heaviest') = 'heaviest')
      or (d.e1rm > d.e1rm_before and coalesce(:kind::text, 'e1rm') = 'e1rm')
      or (d.set_volume > d.set_volume_before and coalesce(:kind::text, 'set_volume') = 'set_volume')
      or (d.most_reps > d.most_reps_before and coalesce(:kind::text, 'most_reps') = 'most_reps')
      or (d.longest > d.longest_before and coalesce(:kind::text, 'longest') = 'longest')
      or (d.farthest > d.farthest_before and coalesce(:kind::text, 'farthest') = 'farthest')
    )
  order by d.local_on desc, d.exercise_id
  limit :limit + 2
)
select
  d.local_on,
  d.exercise_id,
  x.name as exercise,
  k.kind,
  k.unit,
  case when k.unit = 'kg' then k.value end as value_kg,
  case when k.unit <> 'kg' then k.value end as value,
  case
    when k.unit <> 'kg'
      then record_weight_kg((select p.athlete_id from period as p), d.exercise_id, d.local_on, k.kind, k.value)
  end as at_weight_kg,
  case when k.unit = 'kg' then k.beats end as beats_kg,
  case when k.unit <> 'kg' then k.beats end as beats,
  k.beats_on
from page_days as d
join done_exercises as x on x.id = d.exercise_id
cross join lateral (
  values
    ('heaviest', 'kg', d.heaviest, d.heaviest_before, d.heaviest_on),
    ('e1rm', 'kg', d.e1rm, d.e1rm_before, d.e1rm_on),
    ('set_volume', 'kg', d.set_volume, d.set_volume_before, d.set_volume_on),
    ('most_reps', 'reps', d.most_reps, d.most_reps_before, d.most_reps_on),
    ('longest', 's', d.longest, d.longest_before, d.longest_on),
    ('farthest', 'm', d.farthest, d.farthest_before, d.farthest_on)
) as k (kind, unit, value, beats, beats_on)
where k.value > k.beats
  and (:kind::text is null or k.kind = :kind)
  and (
    d.local_on < :before_on
    or (d.local_on = :before_on and (d.exercise_id, k.kind) > (:after_exercise, :after_kind))
  )
order by d.local_on desc, d.exercise_id, k.kind
limit :limit
