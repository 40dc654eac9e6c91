-- Audit events, newest first, a page at a time, by actor, table, row, kind and time.
-- @param actor_id  bigint? = null
-- @param table     text? = 'users'
-- @param row       text? = '1'
-- @param action    text? = null
-- @param from_at   timestamptz = '-infinity'
-- @param to_at     timestamptz = 'infinity'
-- @param before_at timestamptz = 'infinity'
-- @param before_id bigint = 9223372036854775807
-- @param limit     int = 51
-- @sample everything: table = null, row = null
-- @sample later_page: table = null, row = null
-- @sample later_page: before_at = (select min(x.at) + (max(x.at) - min(x.at)) / 2 from audit_events as x)
-- @sample one_table: row = null
-- @sample rare_action: table = null, row = null, action = 'delete'
-- @sample busiest_actor: table = null, row = null
-- @sample busiest_actor: actor_id = (select e.actor_id from audit_events as e group by 1 order by count(*) desc limit 1)
-- @column actor text
-- @returns many
-- @plan custom
-- @readonly
-- @budget plan: no_seqscan(audit_events, users)
-- @budget run: buffers<=80
-- @budget run(everything): buffers<=230
-- @budget run(later_page): buffers<=320
-- @budget run(one_table): buffers<=230
-- Each of the 51 events looks its actor up, in three or four pages.
select
  e.id,
  e.at,
  e.actor_id,
  u.username as actor,
  e.role,
  e.request_id,
  e.action,
  e.table_name as "table",
  e.row_key as "row",
  e.changes::json as changes
from audit_events as e
left join users as u on u.id = e.actor_id
where (:actor_id::bigint is null or e.actor_id = :actor_id)
  and (:table::text is null or e.table_name = :table)
  and (:row::text is null or e.row_key = :row)
  and (:action::text is null or e.action = :action)
  and e.at >= :from_at
  and e.at < :to_at
  and (e.at, e.id) < (:before_at, :before_id)
order by e.at desc, e.id desc
limit :limit
