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
  insert into users (email, username, password_hash, full_name)
  values (:email, :username, :password_hash, :full_name)
  returning id, email, username, full_name, email_verified_at, is_active, is_superuser, version, created_at, updated_at
),
new_athlete as (
  insert into athletes (user_id, name, zone)
  select u.id, coalesce(nullif(u.full_name, ''), u.username), :zone
  from new_user as u
  returning id, user_id, zone
)
select u.id,
       u.version,
       keep_reply_about(json_build_object(
         'id', u.id,
         'athlete_id', a.id,
         'email', u.email,
         'username', u.username,
         'full_name', u.full_name,
         'zone', a.zone,
         'zone_is_known', knows_zone(a.zone),
         'email_is_verified', u.email_verified_at is not null,
         'is_active', u.is_active,
         'is_superuser', u.is_superuser,
         'version', u.version,
         'created_at', rfc3339(u.created_at),
         'updated_at', rfc3339(u.updated_at)
       ), u.id) as reply
from new_user as u
join new_athlete as a on a.user_id = u.id
