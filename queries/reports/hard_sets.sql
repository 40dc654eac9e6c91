-- Hard sets by muscle and week of one athlete: direct work counts 1, indirect work a half.
-- @param viewer_id  bigint = 1
-- @param athlete_id bigint? = null
-- @param from_on    date? = '2026-08-31'
-- @param to_on      date? = '2026-11-20'
-- @sample heavy_athlete: viewer_id = (select a.user_id from athletes as a where a.id = (select s.athlete_id from sessions as s group by 1 order by count(*) desc limit 1))
-- @sample heavy_athlete: from_on = current_date - 360, to_on = null
-- @sample busiest_coach: viewer_id = (select min(m.user_id) from team_members as m join team_athletes as t using (team_id) where t.athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1))
-- @sample busiest_coach: athlete_id = (select t.athlete_id from team_athletes as t join sessions as s using (athlete_id) group by 1 order by count(*) desc limit 1)
-- @sample busiest_coach: from_on = current_date - 84, to_on = null
-- @sample newcomer: viewer_id = (select max(u.id) from users as u), from_on = null, to_on = null
-- @returns one
-- @column period   json!
-- @column formulas json!
-- @column weeks    json!
-- @column muscles  json!
-- @column groups   json!
-- @plan generic
-- @waive custom-plan: whom it is about comes from a function, so that values change no plan; planning took as long as a light athlete's report
-- @readonly
-- @budget plan: no_seqscan(sets, sessions)
-- @budget run: buffers<=1000
-- @budget run(heavy_athlete): buffers<=3000
-- Sets are read by session: the ratings are not in the index of the statistics, and a period has few sessions.
with period as materialized (
  select p.*
  from report_period(:viewer_id, :athlete_id, :from_on::date, :to_on::date, 'week') as p
  where p.to_on - p.from_on <= 370
    or refuse('from', 'Expected at most 371 days before `to`.') is not null
),
done_sessions as materialized (
  select
    s.id,
    bucket_start(s.local_on, 'week', p.week_start) as starts_on
  from period as p
  join sessions as s on s.athlete_id = p.athlete_id and s.local_on between p.from_on and p.to_on
  where s.status = 'done'
    and (p.seen_days is null or s.local_on <@ p.seen_days)
),
all_weeks as materialized (
  -- A set is hard with at most 4 repetitions in reserve (RPE 6), or to failure; without a rating that may be assumed.
  select
    s.starts_on,
    t.exercise_id,
    coalesce(t.reps = 0, false) as has_no_reps,
    (count(*) filter (where e.is_hard))::int as hard_sets,
    (count(*) filter (where e.is_hard is null))::int as assumed_sets,
    (count(*) filter (where not e.is_hard))::int as easy_sets
  from done_sessions as s
  join sets as t on t.session_id = s.id
  cross join lateral (
    select
      case
        when t.kind = 'f' then true
        when t.rpe is not null then t.rpe >= 6
        when t.rir is not null then t.rir <= 4
        when t.kind = 'a' then true
      end as is_hard
  ) as e
  where is_working_set(t.kind)
  group by s.starts_on, t.exercise_id, has_no_reps
),
counted_exercises as materialized (
  -- Looked up once an exercise, and not once a week. Nobody says of a stretch or of a match that it was hard sets, unless
  -- it is rated.
  select
    x.id,
    has_failed(x.tracking, 0::smallint) as fails_at_0,
    x.category not in ('cardio', 'mobility') or x.tracking like 'weight%' as is_assumed
  from exercises as x
  where x.id in (select distinct w.exercise_id from all_weeks as w)
    and x.tracking not in ('distance_time', 'custom')
),
exercise_weeks as materialized (
  select w.starts_on, w.exercise_id, w.hard_sets, a.assumed_sets, w.easy_sets
  from all_weeks as w
  cross join lateral (
    select
      case
        when w.exercise_id in (select x.id from counted_exercises as x where x.is_assumed) then w.assumed_sets
        else 0
      end as assumed_sets
  ) as a
  where w.exercise_id in (select x.id from counted_exercises as x)
    and not (w.has_no_reps and w.exercise_id in (select x.id from counted_exercises as x where x.fails_at_0))
    and w.hard_sets + a.assumed_sets + w.easy_sets > 0
),
muscles_worked as materialized (
  select
    m.exercise_id,
    m.code,
    c.muscle_group,
    case when m.share >= 1 then 1 else 0.5 end::float8 as counts
  from (select distinct w.exercise_id from exercise_weeks as w) as x
  join exercise_muscle_shares as m on m.exercise_id = x.exercise_id
  join muscle_codes as c on c.code = m.code
),
works as materialized (
  -- In a group the most of its muscles counts: a bench press works the chest once.
  select
    m.exercise_id,
    'muscle' as level,
    m.code,
    m.counts
  from muscles_worked as m
  union all
  select
    m.exercise_id,
    'group',
    m.muscle_group,
    max(m.counts)
  from muscles_worked as m
  group by m.exercise_id, m.muscle_group
),
columns as materialized (
  -- Numbered: a group by a number is found faster than one by two texts.
  select
    row_number() over (order by w.level, w.code) as column_no,
    w.level,
    w.code
  from works as w
  group by w.level, w.code
),
weeks as materialized (
  select b.starts_on
  from period as p
  cross join lateral report_buckets(p.from_on, p.to_on, 'week', p.week_start) as b
),
cells as (
  -- Weeks are lists, one an exercise, because the planner joins by comparing each row with each. A column has all weeks.
  select
    u.column_no,
    u.starts_on,
    sum(u.counts * u.sets) as sets,
    sum(u.counts * u.assumed_sets) as assumed_sets
  from (
    select
      c.column_no,
      x.counts,
      unnest(e.starts) as starts_on,
      unnest(e.sets) as sets,
      unnest(e.assumed_sets) as assumed_sets
    from (
      select
        w.exercise_id,
        array_agg(w.starts_on) as starts,
        array_agg(w.hard_sets + w.assumed_sets) as sets,
        array_agg(w.assumed_sets) as assumed_sets
      from exercise_weeks as w
      group by w.exercise_id
    ) as e
    join works as x on x.exercise_id = e.exercise_id
    join columns as c on c.level = x.level and c.code = x.code
    union all
    select c.column_no, 0, d.starts_on, 0, 0
    from columns as c
    cross join weeks as d
  ) as u
  group by u.column_no, u.starts_on
),
column_lists as materialized (
  select
    c.level,
    c.code,
    json_build_object('sets', f.sets, 'assumed_share', f.assumed_share) as lists
  from (
    select
      e.column_no,
      json_agg(e.sets order by e.starts_on) as sets,
      rounded(sum(e.assumed_sets) / nullif(sum(e.sets), 0), 3) as assumed_share
    from cells as e
    group by e.column_no
  ) as f
  join columns as c on c.column_no = f.column_no
),
week_sums as (
  select
    d.starts_on,
    coalesce(sum(w.hard_sets), 0) as hard_sets,
    coalesce(sum(w.assumed_sets), 0) as assumed_sets,
    coalesce(sum(w.easy_sets), 0) as easy_sets,
    coalesce(sum(w.hard_sets + w.assumed_sets) filter (
      where w.exercise_id not in (select x.exercise_id from works as x)
    ), 0) as sets_without_muscles
  from weeks as d
  left join exercise_weeks as w on w.starts_on = d.starts_on
  group by d.starts_on
)
select
  period_json(p.zone, p.zone_is_known, p.week_start, p.from_on, p.to_on, 'week') as period,
  p.seen_from,
  json_build_object(
    'hard_sets', formula_json(
      'sets with at most 4 repetitions in reserve (RPE 6), or to failure; sets without a rating are assumed to be, but '
      'for cardio and mobility without a weight; '
      'warm-ups are left out, and sets of 0 reps of exercises that count reps',
      'Pelland et al. 2025, Sports Med'
    ),
    'muscles', formula_json(
      '1 for a muscle of share 1, ½ for one of a lower share; in a group the most of its muscles',
      'Pelland et al. 2025, Sports Med'
    )
  ) as formulas,
  (
    select json_build_object(
      'starts_on', json_agg(w.starts_on order by w.starts_on),
      'hard_sets', json_agg(w.hard_sets order by w.starts_on),
      'assumed_sets', json_agg(w.assumed_sets order by w.starts_on),
      'easy_sets', json_agg(w.easy_sets order by w.starts_on),
      'sets_without_muscles', json_agg(w.sets_without_muscles order by w.starts_on)
    )
    from week_sums as w
  ) as weeks,
  (
    select coalesce(json_object_agg(c.code, c.lists order by c.code), '{}')
    from column_lists as c
    where c.level = 'muscle'
  ) as muscles,
  (
    select coalesce(json_object_agg(c.code, c.lists order by c.code), '{}')
    from column_lists as c
    where c.level = 'group'
  ) as groups
from period as p
