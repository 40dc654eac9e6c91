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
all_weeks as materialized (
  -- A set is hard with at most 4 repetitions in reserve, or to failure; without a rating that is assumed.
  select
    bucket_start(s.local_on, 'week', p.week_start) as starts_on,
    t.exercise_id,
    (count(*) filter (where e.reserve <= 4))::int as hard_sets,
    (count(*) filter (where e.reserve is null))::int as assumed_sets,
    (count(*) filter (where e.reserve > 4))::int as easy_sets
  from period as p
  join sessions as s on s.athlete_id = p.athlete_id and s.local_on between p.from_on and p.to_on
  join sets as t on t.session_id = s.id
  cross join lateral (
    select
      case t.kind
        when 'f' then 0
        when 'a' then coalesce(10 - t.rpe, t.rir, 0)
        else coalesce(10 - t.rpe, t.rir)
      end as reserve
  ) as e
  where s.status = 'done'
    and (p.seen_days is null or s.local_on <@ p.seen_days)
    and is_working_set(t.kind)
    and t.reps is distinct from 0
  group by starts_on, t.exercise_id
),
counted_exercises as materialized (
  -- Looked up once an exercise, and not once a week.
  select x.id
  from exercises as x
  where x.id in (select distinct w.exercise_id from all_weeks as w)
    and x.tracking not in ('distance_time', 'custom')
),
exercise_weeks as materialized (
  select w.starts_on, w.exercise_id, w.hard_sets, w.assumed_sets, w.easy_sets
  from all_weeks as w
  where w.exercise_id in (select x.id from counted_exercises as x)
),
muscles_worked as materialized (
  select
    m.exercise_id,
    m.code,
    c.muscle_group,
    case when m.share >= 1 then 1 else 0.5 end::float8 as counts
  from counted_exercises as x
  join exercise_muscle_shares as m on m.exercise_id = x.id
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
worked as materialized (
  -- Weeks are lists, one an exercise, because the planner joins by comparing each row with each.
  select
    x.level,
    x.code,
    u.starts_on,
    sum(x.counts * (u.hard_sets + u.assumed_sets)) as sets,
    sum(x.counts * u.assumed_sets) as assumed_sets
  from (
    select
      e.exercise_id,
      array_agg(e.starts_on) as starts,
      array_agg(e.hard_sets) as hard_sets,
      array_agg(e.assumed_sets) as assumed_sets
    from exercise_weeks as e
    group by e.exercise_id
  ) as w
  join works as x on x.exercise_id = w.exercise_id
  cross join lateral unnest(w.starts, w.hard_sets, w.assumed_sets) as u (starts_on, hard_sets, assumed_sets)
  group by x.level, x.code, u.starts_on
),
weeks as materialized (
  select b.starts_on
  from period as p
  cross join lateral report_buckets(p.from_on, p.to_on, 'week', p.week_start) as b
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
),
columns as materialized (
  select
    f.level,
    f.code,
    json_agg(f.sets order by f.starts_on) as sets,
    rounded(sum(f.assumed_sets) / nullif(sum(f.sets), 0), 3) as assumed_share
  from (
    select
      e.level,
      e.code,
      e.starts_on,
      sum(e.sets) as sets,
      sum(e.assumed_sets) as assumed_sets
    from (
      select w.level, w.code, w.starts_on, w.sets, w.assumed_sets
      from worked as w
      union all
      select c.level, c.code, d.starts_on, 0, 0
      from (select distinct w.level, w.code from worked as w) as c
      cross join weeks as d
    ) as e
    group by e.level, e.code, e.starts_on
  ) as f
  group by f.level, f.code
)
select
  period_json(p.zone, p.zone_is_known, p.week_start, p.from_on, p.to_on, 'week') as period,
  p.seen_from,
  json_build_object(
    'hard_sets', formula_json(
      'sets with at most 4 repetitions in reserve (RPE 6), or to failure; sets without a rating are assumed to be; '
      'warm-ups and sets of 0 reps are left out',
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
    select coalesce(
      json_object_agg(c.code, json_build_object('sets', c.sets, 'assumed_share', c.assumed_share) order by c.code), '{}'
    )
    from columns as c
    where c.level = 'muscle'
  ) as muscles,
  (
    select coalesce(
      json_object_agg(c.code, json_build_object('sets', c.sets, 'assumed_share', c.assumed_share) order by c.code), '{}'
    )
    from columns as c
    where c.level = 'group'
  ) as groups
from period as p
