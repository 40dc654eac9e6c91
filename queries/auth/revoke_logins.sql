-- Ends all of a user's logins: the guard refuses their tokens from the next request on. API keys too, if it is wished for.
-- @param user_id      bigint = 1
-- @param end_api_keys boolean = false
-- @column logins_ended bigint!
-- @column keys_ended   bigint!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(users)
with person as materialized (
  -- Who is signing in at this moment is waited for, and signed out too.
  select u.id
  from users as u
  where u.id = :user_id
  for no key update
)
select
  end_logins(p.id, 0, 'logout') as logins_ended,
  end_api_keys(p.id, :end_api_keys) as keys_ended
from person as p
