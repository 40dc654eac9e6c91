-- Makes a user and the athlete that belongs to them.
-- @param email         text = 'new@example.com'
-- @param username      text = 'new'
-- @param password_hash text = '$argon2id$v=19$'
-- @param full_name     text = 'New Person'
-- @param zone          text = 'Europe/Berlin'
-- @column id      bigint!
-- @column version int!
-- @column reply   json!
-- @returns one
-- @writes
with new_user as (
  insert into users as u (email, username, password_hash, full_name)
  values (:email, :username, :password_hash, :full_name)
  returning u as account
),
new_athlete as (
  insert into athletes (user_id, name, zone)
  select
    (u.account).id,
    coalesce(nullif((u.account).full_name, ''), (u.account).username),
    :zone
  from new_user as u
  returning id, zone
)
select
  (u.account).id,
  (u.account).version,
  keep_reply_about(user_json(u.account, a.id, a.zone), (u.account).id) as reply
from new_user as u
cross join new_athlete as a
