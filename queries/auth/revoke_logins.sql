-- Ends all of a user's logins, and on request the API keys; the guard refuses them from the next request on.
-- Invitations that give rights over others end as well.
-- @param user_id      bigint = 1
-- @param end_api_keys boolean = false
-- @column logins_ended bigint!
-- @column keys_ended   bigint!
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(users)
with person as materialized (
  -- It waits for a sign-in of this user that is under way, and ends that login as well.
  select u.id
  from users as u
  where u.id = :user_id
  for no key update
)
select
  end_logins(p.id, 0, 'logout') as logins_ended,
  end_api_keys(p.id, :end_api_keys) as keys_ended,
  end_invitations(p.id) as invitations_ended
from person as p
