-- The athletes whose training the viewer sees, by name from Z to A, a page at a time.
-- @param viewer_id   bigint = 1
-- @param team_id     bigint = 1
-- @param words       text = ''
-- @param before_name  text = chr(1114111)
-- @param before_id    bigint = 9223372036854775807
-- @param limit       int = 51
-- @column id bigint!
-- @column name text!
-- @column zone_is_known boolean!
-- @column relation text!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(athletes, team_members, team_athletes)
-- @budget run: buffers<=600
-- With team_id only those in that team today; 0 and '' stand for any, so that no nullable parameter costs a plan.
-- Notes are in no list. First the page, then what is said of its athletes: the relation, that of relation_to(), is asked
-- for these alone, by a subquery that no plan hashes for everybody. What matches is materialized: a plan that reads an
-- index in the order of the page looks into all of it for each athlete of the server.
with matching as materialized (
  select
    x.id,
    x.name,
    x.born_on
  from athletes_seen_by(:viewer_id, :team_id) as x
  where :words = ''
    or strpos(lower(x.name), lower(:words)) > 0
)

select
  a.id,
  a.name,
  a.born_on,
  age_years(a.born_on) as age,
  a.sex,
  a.height_cm,
  a.zone,
  knows_zone(a.zone) as zone_is_known,
  a.week_start,
  a.user_id is not null as has_account,
  case
    when a.user_id = :viewer_id then 'self'
    when a.kept_by = :viewer_id then 'keeper'
    else coalesce(
      (
        select 'coach'
        from coached_today(:viewer_id) as c
        where c.athlete_id = a.id
        limit 1
      ),
      'former_coach'
    )
  end as relation,
  a.version,
  a.created_at,
  a.updated_at
from (
  select m.id
  from matching as m
  where (lower(m.name), m.id) < (lower(:before_name), :before_id)
  order by lower(m.name) desc, m.id desc
  limit :limit
) as page
join athletes as a on a.id = page.id
order by lower(a.name) desc, a.id desc
