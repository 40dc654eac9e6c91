-- Makes a login after a right password, unless so many wrong ones came meanwhile that the caller has to wait.
-- The id was taken from the sequence before, because the refresh token holds it. If the password was changed meanwhile, no
-- login is made. A hash of an older system, or with weaker parameters, is replaced by a better one. If the user then has
-- too many logins, those that were not used for the longest time end.
-- @param login_id      bigint = 1000000
-- @param user_id       bigint = 1
-- @param verified_hash text = '$argon2id$v=19$'
-- @param better_hash   text? = null
-- @param account       text = 'name ada'
-- @param refresh_hash  bytea = sha256('token')
-- @param device        text = 'curl/8'
-- @param address       inet? = '127.0.0.1'
-- @param lifetime_s    bigint = 604800
-- @param most          bigint = 50
-- @column created boolean
-- @returns value
-- @plan custom
-- @writes
with person as materialized (
  select u.id
  from users as u
  where u.id = :user_id
    and u.is_active
    and u.password_hash = :verified_hash
    and permit_guess(:account, :address)
  for update
),
upgraded as (
  update users as u
  set password_hash = :better_hash
  from person as p
  where u.id = p.id
    and :better_hash::text is not null
),
created as (
  insert into logins (id, user_id, refresh_hash, device, address, expires_at)
  overriding system value
  select
    :login_id,
    p.id,
    :refresh_hash,
    :device,
    :address,
    statement_timestamp() + make_interval(secs => :lifetime_s)
  from person as p
  returning id, user_id
)
select refund_guess(:account, :address) and end_forgotten_logins(c.user_id, :most) as created
from created as c
