-- Changes the fields of an account that a merge patch holds, if the account still has a given version.
-- Version -1 stands for any version. An absent field stays, null clears it. The zone belongs to the athlete. A new e-mail
-- address counts at once, as not verified. Where addresses are verified, it counts when it is confirmed by mail, and
-- until then the reply has the old one.
-- @param user_id       bigint = 1
-- @param versions      bigint[] = '{-1}'
-- @param patch         json = '{"full_name": "Ada King"}'
-- @param new_email     text = ''
-- @param verify        boolean = false
-- @param verified_hash text = ''
-- @param account       text = ''
-- @param address       inet? = '127.0.0.1'
-- @column current_version integer!
-- @column matched boolean!
-- @column version integer
-- @column reply json
-- @returns one
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(users, athletes)
-- @budget run: buffers<=60
with target as materialized (
  select
    u.id,
    u.version,
    u.email,
    u.email_verified_at is not null as was_verified
  from users as u
  where u.id = :user_id
    and permit_guess(:account, :address)
    and (
      :verified_hash in ('', u.password_hash)
      or clash('password', 'The password was changed at the same moment.') is not null
    )
  for update
),
given as (
  select
    :patch::jsonb as fields,
    g.*
  from given_user(:patch) as g
),
changed as (
  update users as u
  set username = coalesce(g.username, u.username),
      full_name = case when g.fields ? 'full_name' then coalesce(g.full_name, '') else u.full_name end,
      email = case when :new_email <> '' and not :verify then :new_email else u.email end,
      email_verified_at = case
        when :new_email <> '' and not :verify and address_in_letters(:new_email) <> address_in_letters(u.email)
          then null
        else u.email_verified_at
      end,
      version = case when :new_email = '' then version_after(u.version, :patch) else u.version + 1 end,
      updated_at = case when :new_email = '' then updated_after(u.updated_at, :patch) else now() end
  from target as t
  cross join given as g
  where u.id = t.id
    and :versions && array[t.version::bigint, -1]
  returning u as account
),
moved as (
  update athletes as a
  set zone = coalesce(g.zone, 'UTC'),
      version = a.version + 1,
      updated_at = statement_timestamp()
  from changed as c
  cross join given as g
  where a.user_id = (c.account).id
    and g.fields ? 'zone'
  returning a.user_id, a.zone
),
mailed as materialized (
  -- Tokens that were mailed to the old address become void, except the one that undoes the change. An address
  -- that was never verified gets none.
  select
    case
      when :new_email <> '' then change_address((c.account).id, t.email, :new_email, :verify, t.was_verified)
    end as mail_id
  from changed as c
  cross join target as t
)
select
  t.version as current_version,
  (c.account).id is not null as matched,
  (c.account).version as version,
  case
    when (c.account).id is not null and (m.mail_id is null or m.mail_id > 0)
      then keep_reply(user_json(c.account, a.id, coalesce(w.zone, a.zone)))
  end as reply
from target as t
left join changed as c on true
left join mailed as m on true
left join athletes as a on a.user_id = (c.account).id
left join moved as w on w.user_id = a.user_id
