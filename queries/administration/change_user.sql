-- Changes some fields of any user, those that a merge patch holds, if they are still at a version.
-- @param user_id bigint = 1
-- @param version int = -1
-- @param patch   json = '{"full_name": "Ada King", "zone": "Europe/London"}'
-- @column current_version integer!
-- @column matched boolean!
-- @column version integer
-- @column reply json
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(users, athletes, logins)
-- @budget run: buffers<=100
-- Version -1 stands for any. Who is deactivated, or gets another password, is signed out everywhere; another address is
-- not verified. Clashes with nobody but another user: a trigger keeps the last superuser (repeatable/superusers.sql).
with target as materialized (
  select
    u.id,
    u.version,
    u.email
  from users as u
  where u.id = :user_id
  for no key update
),
changed as (
  update users as u
  set email = case when p.given ? 'email' then p.email else u.email end,
      email_verified_at = case when lower(p.email) <> lower(u.email) then null else u.email_verified_at end,
      username = case when p.given ? 'username' then p.username else u.username end,
      full_name = case when p.given ? 'full_name' then p.full_name else u.full_name end,
      is_active = case when p.given ? 'is_active' then p.is_active else u.is_active end,
      is_superuser = case when p.given ? 'is_superuser' then p.is_superuser else u.is_superuser end,
      password_hash = case when p.given ? 'password_hash' then p.password_hash else u.password_hash end,
      version = u.version + 1,
      updated_at = now()
  from target as t
  cross join (
    select
      :patch::jsonb as given,
      r.email,
      r.username,
      r.full_name,
      r.is_active,
      r.is_superuser,
      r.password_hash
    from json_to_record(:patch) as r (
      email text,
      username text,
      full_name text,
      is_active boolean,
      is_superuser boolean,
      password_hash text
    )
  ) as p
  where u.id = t.id
    and :version in (t.version, -1)
  returning u as account
),
moved as (
  update athletes as a
  set zone = :patch::json ->> 'zone',
      version = a.version + 1,
      updated_at = now()
  from changed as c
  where a.user_id = (c.account).id
    and a.zone <> :patch::json ->> 'zone'
  returning a.id, a.zone
),
signed_out as (
  update logins as l
  set revoked_at = statement_timestamp(),
      revoked_why = 'administrator'
  from changed as c
  where l.user_id = (c.account).id
    and l.revoked_at is null
    and (not (c.account).is_active or :patch::jsonb ? 'password_hash')
),
voided as (
  -- With another address or password, what was mailed before opens nothing any more.
  update user_tokens as k
  set used_at = statement_timestamp()
  from changed as c
  cross join target as t
  where k.user_id = (c.account).id
    and k.used_at is null
    and (lower((c.account).email) <> lower(t.email) or :patch::jsonb ? 'password_hash')
)
select
  t.version as current_version,
  (c.account).id is not null as matched,
  (c.account).version as version,
  case
    when (c.account).id is not null then keep_reply(user_json(c.account, a.id, coalesce(m.zone, a.zone)))
  end as reply
from target as t
left join changed as c on true
left join athletes as a on a.user_id = t.id
left join moved as m on m.id = a.id
