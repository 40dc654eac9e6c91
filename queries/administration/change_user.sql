-- Changes the fields of any user that a merge patch holds, if the user still has a given version.
-- @param user_id bigint = 1
-- @param versions bigint[] = '{-1}'
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
-- Version -1 stands for any version. A user who is deactivated or gets another password is signed out everywhere, and
-- their invitations that give rights over others end. A new address is not verified. A trigger keeps the last superuser
-- (repeatable/superusers.sql).
with target as materialized (
  select
    u.id,
    u.version,
    u.email,
    u.email_verified_at is not null as was_verified
  from users as u
  where u.id = :user_id
  for no key update
),
changed as (
  update users as u
  set email = case when p.given ? 'email' then p.email else u.email end,
      email_verified_at = case
        when address_in_letters(p.email) <> address_in_letters(u.email) then null
        else u.email_verified_at
      end,
      username = case when p.given ? 'username' then p.username else u.username end,
      full_name = case when p.given ? 'full_name' then p.full_name else u.full_name end,
      is_active = case when p.given ? 'is_active' then p.is_active else u.is_active end,
      is_superuser = case when p.given ? 'is_superuser' then p.is_superuser else u.is_superuser end,
      password_hash = case when p.given ? 'password_hash' then p.password_hash else u.password_hash end,
      version = version_after(u.version, :patch),
      updated_at = updated_after(u.updated_at, :patch)
  from target as t
  cross join (
    select
      :patch::jsonb as given,
      g.*
    from given_user(:patch) as g
  ) as p
  where u.id = t.id
    and :versions && array[t.version::bigint, -1]
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
ended as materialized (
  -- Ends logins and mailed tokens. If an administrator changes another user's address, a mail tells the old address, and
  -- the change cannot be undone from there. An administrator's change of their own address can be undone.
  select
    c.is_out and end_logins(c.id, 0, 'administrator') >= 0 and end_invitations(c.id) >= 0 as are_logins,
    (c.is_out or c.is_moved) and void_mailed(c.id) >= 0 as are_mails,
    case
      when not c.is_moved then null
      when c.id = acting_user_id() then change_address(c.id, c.old_email, c.new_email, false, c.was_verified)
      when void_changes(c.id) >= 0
        then defer_mail('email_changed', json_build_object('user_id', c.id, 'email', c.old_email))
    end as mail_id
  from (
    select
      (x.account).id as id,
      (x.account).email as new_email,
      t.email as old_email,
      t.was_verified,
      not (x.account).is_active or :patch::jsonb ? 'password_hash' as is_out,
      address_in_letters((x.account).email) <> address_in_letters(t.email) as is_moved
    from changed as x
    cross join target as t
  ) as c
)
select
  t.version as current_version,
  (c.account).id is not null as matched,
  (c.account).version as version,
  case
    when (c.account).id is not null and (e.are_mails or not e.are_mails)
      then keep_reply_about(user_json(c.account, a.id, coalesce(m.zone, a.zone)), (c.account).id)
  end as reply
from target as t
left join changed as c on true
left join ended as e on true
left join athletes as a on a.user_id = t.id
left join moved as m on m.id = a.id
