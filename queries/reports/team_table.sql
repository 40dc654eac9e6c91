-- A team's athletes of today, one row each: last session, load of 7 days and its change, wellness and pain.
-- @param viewer_id   bigint = 1
-- @param team_id     bigint = 1
-- @param words       text = ''
-- @param sort_by     text = 'name'
-- @param only        text = 'all'
-- @param after_key   float8 = -1e300
-- @param after_name  text = ''
-- @param after_id    bigint = 0
-- @param limit       int = 51
-- @sample largest_team: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample largest_team: team_id = (select t.team_id from team_athletes as t group by 1 order by count(*) desc limit 1), sort_by = 'z_score'
-- @sample later_page: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample later_page: team_id = (select t.team_id from team_athletes as t group by 1 order by count(*) desc limit 1), sort_by = 'z_score'
-- @sample later_page: after_key = 0
-- @sample rare_word: viewer_id = (select m.user_id from team_members as m join team_athletes as t using (team_id) group by 1 order by count(*) desc limit 1)
-- @sample rare_word: team_id = (select t.team_id from team_athletes as t group by 1 order by count(*) desc limit 1), words = 'no such name'
-- @column athlete_id bigint!
-- @column name text!
-- @column sort_key float8!
-- @returns many
-- @plan custom
-- @readonly
-- @budget plan: no_seqscan(sessions, day_values, team_athletes)
-- @budget run: buffers<=3000
-- @budget run(largest_team): buffers<=150000
-- @budget run(later_page): buffers<=150000
-- The figures are of the days of the present stay. Keys ascend: what is sorted downwards is negated, and what is unknown
-- comes last. A session without a rating has no load, as in queries/reports/training_load.sql without estimates; the load of
-- a week is 7 times the mean of its known days, of which one may lack.
with allowed as materialized (
  select coalesce(m.role in ('owner', 'coach'), false) or no_such('team') is not null as is_allowed
  from role_in_team(:viewer_id, :team_id) as m (role)
),
present as materialized (
  select
    a.id as athlete_id,
    a.name,
    t.joined_on,
    (statement_timestamp() at time zone zone_or_utc(a.zone))::date as today
  from (
    select m.athlete_id, m.joined_on
    from present_athletes() as m
    where m.team_id = :team_id
    offset 0  -- by team, in one pass: athlete by athlete, the index of overlapping stays takes a third of the time
  ) as t
  join athletes as a on a.id = t.athlete_id
  where (select w.is_allowed from allowed as w)
    and (:words = '' or strpos(lower(a.name), lower(:words)) > 0)
),
training_days as (
  -- weeks_ago counts back from today: 0 are the last 7 days.
  select
    p.athlete_id,
    s.local_on,
    (p.today - s.local_on) / 7 as weeks_ago,
    sum(s.rpe::float8 * extract(epoch from s.ended_at - s.started_at)::float8 / 60) as session_load,
    count(*) filter (where s.rpe is null) as unrated,
    bool_or(s.rpe is null or s.ended_at is null or s.ended_at = s.started_at) as is_unknown
  from present as p
  cross join lateral (
    select x.local_on, x.rpe, x.started_at, x.ended_at
    from sessions as x
    where x.athlete_id = p.athlete_id
      and x.local_on between greatest(p.joined_on, p.today - 62) and p.today
      and x.status = 'done'
    offset 0  -- by athlete: the planner would read the sessions of everybody for a large team
  ) as s
  group by p.athlete_id, p.today, s.local_on
),
weeks as materialized (
  select
    d.athlete_id,
    d.weeks_ago,
    (count(*) filter (where d.is_unknown))::int as unknown_days,
    coalesce(sum(d.session_load) filter (where not d.is_unknown), 0) as known_load,
    sum(d.unrated)::int as unrated
  from training_days as d
  group by d.athlete_id, d.weeks_ago
),
histories as materialized (
  select
    p.athlete_id,
    l.local_on as last_session_on,
    least(8, (p.today - f.local_on + 1) / 7 - 1) as weeks_before
  from present as p
  cross join lateral (
    select x.local_on
    from sessions as x
    where x.athlete_id = p.athlete_id
      and x.local_on between p.joined_on and p.today
      and x.status = 'done'
    order by x.local_on desc
    limit 1
  ) as l
  cross join lateral (
    select x.local_on
    from sessions as x
    where x.athlete_id = p.athlete_id
      and x.local_on between p.joined_on and p.today
      and x.status = 'done'
    order by x.local_on
    limit 1
  ) as f
),
week_loads as (
  -- A week without a session has load 0, since the history had begun.
  select
    h.athlete_id,
    n as weeks_ago,
    case
      when coalesce(w.unknown_days, 0) <= 1 then coalesce(w.known_load * 7 / (7 - w.unknown_days), 0)
    end as week_load
  from histories as h
  cross join generate_series(0, 8) as n
  left join weeks as w on w.athlete_id = h.athlete_id and w.weeks_ago = n
  where n <= h.weeks_before
),
loads as materialized (
  select
    w.athlete_id,
    max(w.week_load) filter (where w.weeks_ago = 0) as week_load,
    max(w.week_load) filter (where w.weeks_ago = 1) as load_before,
    count(w.week_load) filter (where w.weeks_ago > 0) as known_weeks,
    avg(w.week_load) filter (where w.weeks_ago > 0) as mean,
    stddev_samp(w.week_load) filter (where w.weeks_ago > 0) as deviation
  from week_loads as w
  group by w.athlete_id
),
felt as materialized (
  -- The latest of the last 7 days that has a value. A questionnaire is added up only with all its items.
  select p.athlete_id, v.*
  from present as p
  cross join lateral (
    select
      x.local_on as felt_on,
      case when count(*) filter (where x.kind like 'hooper%') = 4
        then (sum(x.value) filter (where x.kind like 'hooper%'))::int
      end as hooper_index,
      case when count(*) filter (where x.kind like 'mclean%') = 5
        then (sum(x.value) filter (where x.kind like 'mclean%'))::int
      end as mclean_total,
      (max(x.value) filter (where x.kind = 'pain'))::int as pain,
      (max(x.value) filter (where x.kind = 'availability'))::int as availability
    from day_values as x
    where x.athlete_id = p.athlete_id
      and x.local_on between greatest(p.joined_on, p.today - 6) and p.today
      and (x.kind in ('pain', 'availability') or x.kind like 'hooper%' or x.kind like 'mclean%')
    group by x.local_on
    order by x.local_on desc
    limit 1
  ) as v
),
rows as (
  select
    p.athlete_id,
    p.name,
    p.today,
    p.joined_on as seen_from,
    h.last_session_on,
    p.today - h.last_session_on as days_since,
    l.week_load,
    l.week_load - l.load_before as change,
    case
      when l.known_weeks >= 6 and l.mean > 0 then (l.week_load - l.mean) / greatest(l.deviation, l.mean / 10)
    end as z_score,
    coalesce(w.unrated, 0) as unrated,
    f.felt_on,
    f.hooper_index,
    f.mclean_total,
    f.pain,
    f.availability
  from present as p
  left join histories as h on h.athlete_id = p.athlete_id
  left join loads as l on l.athlete_id = p.athlete_id
  left join weeks as w on w.athlete_id = p.athlete_id and w.weeks_ago = 0
  left join felt as f on f.athlete_id = p.athlete_id
),
page as (
  select
    r.athlete_id,
    r.name,
    r.today,
    r.seen_from,
    r.last_session_on,
    r.days_since,
    r.week_load,
    r.change,
    r.z_score,
    r.unrated,
    r.felt_on,
    r.hooper_index,
    r.mclean_total,
    r.pain,
    r.availability,
    k.sort_key
  from rows as r
  cross join lateral (
    select coalesce(
      case :sort_by
        when 'name' then 0
        when 'last_session' then r.days_since
        when 'week_load' then -r.week_load
        when 'change' then -r.change
        when 'z_score' then -r.z_score
        when 'unrated' then -r.unrated
        when 'wellness' then -r.hooper_index
        when 'pain' then -r.pain
      end::float8, 1e300
    ) as sort_key
  ) as k
  where case :only
      when 'unrated' then r.unrated > 0
      when 'pain' then r.pain > 0
      when 'unavailable' then r.availability < 2
      when 'absent' then coalesce(r.days_since, 1000000) >= 14
      else true
    end
    and (k.sort_key, lower(r.name), r.athlete_id) > (:after_key, lower(:after_name), :after_id)
  order by k.sort_key, lower(r.name), r.athlete_id
  limit :limit
)
select
  p.athlete_id,
  p.name,
  p.seen_from,
  p.last_session_on,
  p.days_since,
  rounded(p.week_load, 1) as week_load,
  rounded(p.change, 1) as change,
  rounded(p.z_score, 2) as z_score,
  p.unrated,
  d.maybe_twice,
  d.maybe_twice_before,
  p.felt_on,
  p.hooper_index,
  p.mclean_total,
  p.pain,
  p.availability,
  p.sort_key
from page as p
cross join lateral (
  -- Of the two weeks that the load and its change are made from, and of the seven before them that z_score compares with, as
  -- GET /sessions/doubts would tell the viewer.
  select
    (count(*) filter (where d.local_on > p.today - 14))::int as maybe_twice,
    (count(*) filter (where d.local_on <= p.today - 14))::int as maybe_twice_before
  from doubts as d
  where d.athlete_id = p.athlete_id
    and d.state = 'open'
    and d.rule in ('two_devices', 'double', 'overlap')
    and d.local_on between p.today - 62 and p.today
    and days_behind(d.rule, d.local_on) <@ daterange(p.seen_from, null)
) as d
order by p.sort_key, lower(p.name), p.athlete_id
