-- Keeps a registration until its e-mail address is confirmed, and queues a mail to that address.
-- The job that sends the mail looks up whether the address is taken. So this statement does the same for every address. It
-- always reserves the username. A registration that was not confirmed in time no longer reserves it.
-- @param email         text = 'new@example.com'
-- @param username      text = 'new'
-- @param password_hash text = '$argon2id$v=19$'
-- @param full_name     text = 'New Person'
-- @param zone          text = 'Europe/Berlin'
-- @param lifetime_s    bigint = 86400
-- @param address       inet? = '127.0.0.1'
-- @column reply json!
-- @returns maybe
-- @writes
with waiting as (
  insert into registrations as r (email, username, full_name, zone, password_hash, expires_at)
  select
    :email,
    :username,
    :full_name,
    :zone,
    :password_hash,
    statement_timestamp() + make_interval(secs => :lifetime_s)
  where not exists (
    select 1
    from users as u
    where lower(u.username) = lower(:username)
  )
  on conflict (lower(username)) do update
    set email = excluded.email,
        username = excluded.username,
        full_name = excluded.full_name,
        zone = excluded.zone,
        password_hash = excluded.password_hash,
        token_sha256 = null,
        created_at = excluded.created_at,
        expires_at = excluded.expires_at
    where r.expires_at <= statement_timestamp()
  returning r.id, r.email
),
mailed as materialized (
  select
    w.id,
    w.email,
    case
      when charge_mail(w.email, :address) then defer_mail('verify_email', json_build_object('registration_id', w.id))
    end as mail_id
  from waiting as w
)
select
  keep_reply_about(json_build_object(
    'message', 'A mail is on its way to ' || m.email || '. Follow it within a day to sign in.'
  ), null, m.id) as reply
from mailed as m
