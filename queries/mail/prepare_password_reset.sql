-- The recipient of the mail for a forgotten password, if an active user has the address; keeps its token.
-- @param email        text = 'ada@example.com'
-- @param token_sha256 bytea = sha256('token')
-- @param lifetime_s   bigint = 1800
-- @column email text!
-- @column name  text!
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(users)
with person as (
  select
    u.id,
    u.email,
    coalesce(nullif(u.full_name, ''), u.username) as name
  from users as u
  where lower(u.email) = lower(:email)
    and u.is_active
),
kept as (
  insert into user_tokens (sha256, user_id, purpose, email, expires_at)
  select
    :token_sha256,
    p.id,
    'reset_password',
    p.email,
    statement_timestamp() + make_interval(secs => :lifetime_s)
  from person as p
  returning user_id
)
select
  p.email,
  p.name
from person as p
join kept as k on k.user_id = p.id
