-- Signs a device in; its id was drawn before, because the refresh token names it.
-- @param login_id     bigint = 1
-- @param user_id      bigint = 1
-- @param refresh_hash bytea = sha256('token')
-- @param device       text = 'curl/8'
-- @param address      inet? = '127.0.0.1'
-- @param lifetime_s   bigint = 604800
-- @returns rows_affected
-- @plan custom
insert into logins (id, user_id, refresh_hash, device, address, expires_at)
overriding system value
select :login_id, u.id, :refresh_hash, :device, :address, statement_timestamp() + make_interval(secs => :lifetime_s)
from users as u
where u.id = :user_id
  and u.is_active
