-- Makes users with their athletes, all of them or none, and says which of them are already there.
-- @param users   json = '[{"email": "new@example.com", "username": "new", "full_name": "New", "zone": "UTC", "is_active": true, "is_superuser": false, "password_hash": null}]'
-- @column reply json!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(users)
-- @budget run: buffers<=60
-- Rows are numbered as in the request, from 0. With `exists` instead, the planner would hash all users.
with given as materialized (
  select
    e.place - 1 as row_no,
    g.*,
    first_value(e.place - 1) over (partition by lower(g.email) order by e.place) as first_of_email,
    first_value(e.place - 1) over (partition by lower(g.username) order by e.place) as first_of_username
  from json_array_elements(:users) with ordinality as e (account, place)
  cross join lateral given_user(e.account) as g
),
clashes as materialized (
  select
    'users.' || g.row_no || '.email' as field,
    case
      when g.first_of_email < g.row_no then 'The same as in users.' || g.first_of_email || '.'
      else 'This e-mail address is registered already.'
    end as sentence
  from given as g
  where g.first_of_email < g.row_no
    or (
      select u.id
      from users as u
      where lower(u.email) in (lower(g.email), address_in_letters(g.email))
    ) is not null
  union all
  select
    'users.' || g.row_no || '.username',
    case
      when g.first_of_username < g.row_no then 'The same as in users.' || g.first_of_username || '.'
      else 'This username is taken.'
    end
  from given as g
  where g.first_of_username < g.row_no
    or (
      select u.id
      from users as u
      where lower(u.username) = lower(g.username)
    ) is not null
),
verdict as materialized (
  select
    case
      when count(*) > 0 then clash_all(json_object_agg(c.field, array[c.sentence]))
      else 0
    end as problems
  from clashes as c
),
made as (
  insert into users (email, username, full_name, is_active, is_superuser, password_hash)
  select
    g.email,
    g.username,
    g.full_name,
    g.is_active,
    g.is_superuser,
    g.password_hash
  from given as g
  join verdict as v on v.problems = 0
  order by g.row_no
  returning id, username, full_name
),
made_athletes as (
  insert into athletes (user_id, name, zone)
  select
    m.id,
    coalesce(nullif(m.full_name, ''), m.username),
    g.zone
  from made as m
  join given as g on g.username = m.username
)
select
  keep_reply(json_build_object(
    'created', count(*),
    'items', json_agg(json_build_object('row', g.row_no, 'id', m.id, 'username', m.username) order by g.row_no)
  )) as reply
from made as m
join given as g on g.username = m.username
