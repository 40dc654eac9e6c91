-- Makes a user with any rights, and the athlete who belongs to the user.
-- @param email         text = 'new@example.com'
-- @param username      text = 'new'
-- @param password_hash text? = null
-- @param full_name     text = 'New Person'
-- @param zone          text = 'Europe/Berlin'
-- @param is_active     boolean = true
-- @param is_superuser  boolean = false
-- @column id      bigint!
-- @column version int!
-- @column reply   json!
-- @returns one
-- @plan custom
-- @writes
-- @budget run: buffers<=60
with made as (
  insert into users as u (email, username, password_hash, full_name, is_active, is_superuser)
  values (:email, :username, :password_hash, :full_name, :is_active, :is_superuser)
  returning u as account
),
made_athlete as (
  insert into athletes (user_id, name, zone)
  select
    (m.account).id,
    coalesce(nullif((m.account).full_name, ''), (m.account).username),
    :zone
  from made as m
  returning id, zone
)
select
  (m.account).id,
  (m.account).version,
  keep_reply_about(user_json(m.account, a.id, a.zone), (m.account).id) as reply
from made as m
cross join made_athlete as a
