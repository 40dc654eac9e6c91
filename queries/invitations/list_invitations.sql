-- Valid invitations: the viewer's own and those into the viewer's own teams, newest first, a page at a time.
-- @param viewer_id  bigint = 1
-- @param before_id  bigint = 9223372036854775807
-- @param limit      int = 51
-- @sample busiest_coach: viewer_id = (select i.invited_by from invitations as i group by 1 order by count(*) desc limit 1)
-- @sample later_page: viewer_id = (select i.invited_by from invitations as i group by 1 order by count(*) desc limit 1)
-- @sample later_page: before_id = (select max(x.id) / 2 from invitations as x)
-- @sample newcomer: viewer_id = (select max(u.id) from users as u)
-- @column id bigint!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(invitations, team_members)
-- @budget run: buffers<=500
-- @budget run(busiest_coach): buffers<=2200
-- @budget run(later_page): buffers<=2200
-- An array and not `in`: with `in` the plan checked everybody's invitations for validity before it checked their owner.
select
  i.id,
  i.kind,
  i.team_id,
  t.name as team_name,
  i.athlete_id,
  a.name as athlete_name,
  u.username as invited_by,
  i.email,
  i.uses_left,
  i.created_at,
  i.expires_at
from invitations as i
join users as u on u.id = i.invited_by
left join teams as t on t.id = i.team_id
left join athletes as a on a.id = i.athlete_id
where i.id = any(array(
    select mine.id
    from invitations as mine
    where mine.invited_by = :viewer_id
    union all
    select ours.id
    from team_members as m
    join invitations as ours on ours.team_id = m.team_id
    where m.user_id = :viewer_id
      and m.role = 'owner'
  ))
  and i.id < :before_id
  and invitation_holds(i)
order by i.id desc
limit :limit
