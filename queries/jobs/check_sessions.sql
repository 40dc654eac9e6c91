-- Looks through a page of sessions for what is doubtful, as far as they have changed since the last time.
-- @param after_id bigint = 0
-- @param limit    int = 100
-- @sample halfway: after_id = (select max(s.id) / 2 from sessions as s), limit = 5
-- @column last_id bigint
-- @column checked bigint!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(sessions, sets)
-- @budget run: buffers<=60000
with page as materialized (
  select s.id, s.status, s.version
  from sessions as s
  where s.id > :after_id
  order by s.id
  limit :limit
),
changed as materialized (
  select p.id
  from page as p
  left join session_checks as c on c.session_id = p.id
  where p.status = 'done'
    and c.version is distinct from p.version
)
select
  (select max(p.id) from page as p) as last_id,
  (select count(check_session(c.id)) from changed as c) as checked
