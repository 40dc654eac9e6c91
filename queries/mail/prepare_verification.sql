-- The recipient of a further verification mail: a user who has not verified the address; keeps its token.
-- If registrations wait for this address, a mail for each of them is sent instead, for the five newest at most. Only the
-- reader of these mails knows which registration is theirs.
-- @param email        text = 'ada@example.com'
-- @param token_sha256 bytea = sha256('token')
-- @param lifetime_s   bigint = 86400
-- @column email    text
-- @column name     text
-- @column username text
-- @column others   bigint
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(registrations, users)
with person as (
  select
    u.id,
    u.email,
    u.username,
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
others as (
  select defer_mail('verify_email', json_build_object('registration_id', w.id)) as mail_id
  from (
    select r.id
    from registrations as r
    where lower(r.email) = lower(:email)
      and r.expires_at > statement_timestamp()
      and not exists (
        select 1
        from person
      )
    order by r.id desc
    limit 5
  ) as w
)
select
  p.email,
  p.name,
  p.username,
  null::bigint as others
from person as p
join told as t on t.user_id = p.id
union all
select
  null,
  null,
  null,
  count(o.mail_id)
from others as o
having count(o.mail_id) > 0
