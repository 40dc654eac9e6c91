-- The viewer's imports, newest first, a page at a time, without rejected lines, notices and exercises.
-- @param viewer_id bigint = 1
-- @param before_id bigint = 9223372036854775807
-- @param limit     int = 50
-- @sample most_imports: viewer_id = (select a.user_id from imports as i join athletes as a on a.id = i.athlete_id group by 1 order by count(*) desc limit 1)
-- @sample later_page: viewer_id = (select a.user_id from imports as i join athletes as a on a.id = i.athlete_id group by 1 order by count(*) desc limit 1)
-- @sample later_page: before_id = (select max(x.id) / 2 from imports as x)
-- @sample newcomer: viewer_id = (select max(u.id) from users as u)
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(imports)
-- @budget run: buffers<=60
select c.*
from imports as i
cross join lateral import_columns(i) as c
join athletes as a on a.id = i.athlete_id
where a.user_id = :viewer_id
  and i.id < :before_id
order by i.id desc
limit :limit
