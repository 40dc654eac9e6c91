-- The athletes whose training the viewer sees, those of unknown birth first, then the youngest, a page at a time.
-- @param viewer_id   bigint = 1
-- @param team_id     bigint = 1
-- @param words       text = ''
-- @param before_on  date = 'infinity'
-- @param before_id    bigint = 9223372036854775807
-- @param limit       int = 51
-- @column id bigint!
-- @column name text!
-- @column relation text!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(athletes, team_members, team_athletes)
-- @budget run: buffers<=600
-- With team_id only those in that team today; 0 and '' stand for any, so that no nullable parameter costs a plan.
-- Notes are in no list. The relation is that of relation_to(), asked for all of them at once.
select
  a.id,
  a.name,
  a.born_on,
  age_years(a.born_on) as age,
  a.sex,
  a.height_cm,
  a.zone,
  a.week_start,
  a.user_id is not null as has_account,
  case
    when a.user_id = :viewer_id then 'self'
    when a.kept_by = :viewer_id then 'keeper'
    when coached.athlete_id is not null then 'coach'
    else 'former_coach'
  end as relation,
  a.version,
  a.created_at,
  a.updated_at
from (
  select distinct v.athlete_id
  from visible_days(:viewer_id) as v
) as seen
join athletes as a on a.id = seen.athlete_id
left join (
  select distinct c.athlete_id
  from coached_today(:viewer_id) as c
) as coached on coached.athlete_id = a.id
where (
    :team_id = 0
    or exists (
      select
      from team_members as m
      join present_athletes() as p on p.team_id = m.team_id
      where m.user_id = :viewer_id
        and m.team_id = :team_id
        and p.athlete_id = a.id
    )
  )
  and (:words = '' or strpos(lower(a.name), lower(:words)) > 0)
  and (coalesce(a.born_on, 'infinity'), a.id) < (:before_on, :before_id)
order by coalesce(a.born_on, 'infinity') desc, a.id desc
limit :limit
