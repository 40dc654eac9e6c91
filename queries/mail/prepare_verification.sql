-- Whom another mail of verification goes to.
-- That is the newest registration that waits at the address, or a user who never verified it. The token is kept.
-- @param email        text = 'ada@example.com'
-- @param token_sha256 bytea = sha256('token')
-- @param lifetime_s   bigint = 86400
-- @column email text!
-- @column name  text!
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(registrations, users)
with person as (
  select
    u.id,
    u.email,
    coalesce(nullif(u.full_name, ''), u.username) as name,
    u.is_active and u.email_verified_at is null as is_waiting
  from users as u
  where lower(u.email) = lower(:email)
),
told as (
  insert into user_tokens (sha256, user_id, purpose, email, expires_at)
  select
    :token_sha256,
    p.id,
    'verify_email',
    p.email,
    statement_timestamp() + make_interval(secs => :lifetime_s)
  from person as p
  where p.is_waiting
  returning user_id
),
waiting as (
  update registrations as r
  set token_sha256 = :token_sha256
  where r.id = (
      select n.id
      from registrations as n
      where lower(n.email) = lower(:email)
        and n.expires_at > statement_timestamp()
      order by n.id desc
      limit 1
    )
    and not exists (
      select 1
      from person
    )
  returning r.email, coalesce(nullif(r.full_name, ''), r.username) as name
)
select
  p.email,
  p.name
from person as p
join told as t on t.user_id = p.id
union all
select
  w.email,
  w.name
from waiting as w
