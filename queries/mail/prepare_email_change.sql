-- The recipient of the mail to a user's new address; keeps its token. If it is sent twice, only the last token is valid.
-- If another user has the address, that user gets another mail instead.
-- @param change_id    bigint = 1
-- @param token_sha256 bytea = sha256('token')
-- @column email    text
-- @column name     text
-- @column username text
-- @column told_id  bigint
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(email_changes, users)
with asked as (
  select
    e.id,
    e.new_email,
    u.username,
    coalesce(nullif(u.full_name, ''), u.username) as name,
    (
      select o.id
      from users as o
      where lower(o.email) in (lower(e.new_email), address_in_letters(e.new_email))
        and o.id <> u.id
    ) as taken_by
  from email_changes as e
  join users as u on u.id = e.user_id
  where e.id = :change_id
    and u.is_active
    and e.changed_at is null
    and e.ended_at is null
    and e.expires_at > statement_timestamp()
),
kept as (
  update email_changes as e
  set confirm_sha256 = :token_sha256
  from asked as a
  where e.id = a.id
    and a.taken_by is null
    and e.ended_at is null
  returning e.id
)
select
  case when k.id is not null then a.new_email end as email,
  case when k.id is not null then a.name end as name,
  a.username,
  case
    when a.taken_by is not null then defer_mail('email_taken', json_build_object('user_id', a.taken_by))
  end as told_id
from asked as a
left join kept as k on k.id = a.id
