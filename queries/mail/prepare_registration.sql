-- The recipient of the mail for a registration; keeps its token.
-- If a user already has the address, this mail has no recipient, and that user gets another mail instead.
-- @param registration_id bigint = 1
-- @param token_sha256    bytea = sha256('token')
-- @column email text
-- @column name  text
-- @column username text
-- @column told_id bigint
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(registrations, users)
with waiting as (
  select
    r.id,
    r.email,
    r.username,
    coalesce(nullif(r.full_name, ''), r.username) as name,
    (
      select u.id
      from users as u
      where lower(u.email) in (lower(r.email), address_in_letters(r.email))
    ) as user_id
  from registrations as r
  where r.id = :registration_id
    and r.expires_at > statement_timestamp()
),
kept as (
  update registrations as r
  set token_sha256 = :token_sha256
  from waiting as w
  where r.id = w.id
    and w.user_id is null
  returning r.id
)
select
  case when k.id is not null then w.email end as email,
  case when k.id is not null then w.name end as name,
  w.username,
  case when k.id is null then defer_mail('email_taken', json_build_object('user_id', w.user_id)) end as told_id
from waiting as w
left join kept as k on k.id = w.id
