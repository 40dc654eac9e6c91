-- Whom the mail to a user's new address goes to; its token is kept.
-- Where the address is another user's, that user is told instead, by another mail.
-- @param user_id      bigint = 1
-- @param email        text = 'new@example.com'
-- @param token_sha256 bytea = sha256('token')
-- @param lifetime_s   bigint = 86400
-- @column email   text
-- @column name    text
-- @column told_id bigint
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(users)
with person as (
  select
    u.id,
    coalesce(nullif(u.full_name, ''), u.username) as name,
    (
      select o.id
      from users as o
      where lower(o.email) = lower(:email)
        and o.id <> u.id
    ) as taken_by
  from users as u
  where u.id = :user_id
    and u.is_active
),
kept as (
  insert into user_tokens (sha256, user_id, purpose, email, expires_at)
  select
    :token_sha256,
    p.id,
    'verify_email',
    :email,
    statement_timestamp() + make_interval(secs => :lifetime_s)
  from person as p
  where p.taken_by is null
  returning user_id, email
)
select
  k.email,
  case when k.user_id is not null then p.name end as name,
  case
    when k.user_id is null then defer_mail('email_taken', json_build_object('user_id', p.taken_by))
  end as told_id
from person as p
left join kept as k on k.user_id = p.id
