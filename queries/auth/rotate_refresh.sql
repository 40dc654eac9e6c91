-- Replaces a refresh token by its successor; a token that was used before ends the login it belongs to.
-- @param login_id   bigint = 1
-- @param user_id    bigint = 1
-- @param token      text = 'the token as it was sent'
-- @param new_hash   bytea = sha256('the next')
-- @param lifetime_s bigint = 604800
-- @column outcome text!
-- @returns value
with presented as (
  select l.id, l.refresh_hash = sha256(convert_to(:token, 'UTF8')) as is_newest
  from logins as l
  join users as u on u.id = l.user_id
  where l.id = :login_id
    and l.user_id = :user_id
    and l.revoked_at is null
    and l.expires_at > statement_timestamp()
    and u.is_active
  for update of l
),
rotated as (
  update logins as l
  set refresh_hash = :new_hash,
      refresh_count = l.refresh_count + 1,
      refreshed_at = statement_timestamp(),
      expires_at = statement_timestamp() + make_interval(secs => :lifetime_s)
  from presented as p
  where l.id = p.id
    and p.is_newest
  returning l.id
),
revoked as (
  update logins as l
  set revoked_at = statement_timestamp(),
      revoked_why = 'reuse'
  from presented as p
  where l.id = p.id
    and not p.is_newest
  returning l.id
)
select case
         when exists (select from rotated) then 'rotated'
         when exists (select from revoked) then 'reused'
         else 'ended'
       end as outcome
