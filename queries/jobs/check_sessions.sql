-- Looks through a page of sessions for what is doubtful, as far as they have changed since the last time.
-- A page ends early with the session after which it has so many sets. A session that somebody is changing is left for the
-- next night: waiting for its lock would end the statement, and with it the whole page.
-- @param after_id  bigint = 0
-- @param limit     int    = 100
-- @param most_sets int    = 50000
-- @sample halfway: after_id = (select max(s.id) / 2 from sessions as s), limit = 5
-- @column last_id bigint
-- @column checked bigint!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(sessions, sets)
-- @budget run: buffers<=60000
with page as materialized (
  select n.id
  from (
    select s.id, sum(s.set_count) over (order by s.id) - s.set_count as sets_before
    from (
      select p.id, p.set_count
      from sessions as p
      where p.id > :after_id
      order by p.id
      limit :limit
    ) as s
  ) as n
  where n.sets_before < :most_sets
),
changed as materialized (
  select d.id
  from page as p
  cross join lateral (
    select s.id
    from sessions as s
    where s.id = p.id
      and s.status = 'done'
      and not exists (
        select
        from session_checks as c
        where c.session_id = s.id
          and c.version = s.version
      )
    for no key update skip locked
  ) as d
)
select
  (select max(p.id) from page as p) as last_id,
  (select count(check_session(c.id)) from changed as c) as checked
