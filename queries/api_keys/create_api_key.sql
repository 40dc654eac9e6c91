-- Makes an API key of the viewer's, who may have a hundred; its secret is known to the caller alone.
-- @param viewer_id     bigint = 1
-- @param name          text = 'Backup at home'
-- @param scopes        text[] = '{sessions:read}'
-- @param superusers    boolean = false
-- @param secret_start  text = 'Ab3d'
-- @param secret_sha256 bytea = sha256('secret')
-- @param expires_at    timestamptz = 'infinity'
-- @param login_id      bigint = 1
-- @param verified_hash text = ''
-- @param account       text = ''
-- @param address       inet? = '127.0.0.1'
-- @column id bigint!
-- @column reply json!
-- @returns one
-- @plan custom
-- @writes
-- @budget plan: no_seqscan(users, api_keys)
-- @budget run: buffers<=80
-- Who made the sign-in within 15 minutes, or proves the password, gets one, and is told by mail. It expires never at
-- infinity. With superusers, the scopes are of use to them alone, and nobody else gets such a key.
with person as materialized (
  -- The login is looked at again, behind whoever changes the password at this moment: that ends keys, too.
  select
    u.id,
    u.is_superuser
  from users as u
  join logins as l on l.user_id = u.id
  where u.id = :viewer_id
    and l.id = :login_id
    and l.revoked_at is null
    and permit_guess(:account, :address)
    and (
      :verified_hash in ('', u.password_hash)
      or clash('password', 'The password was changed at the same moment.') is not null
    )
    and (
      :verified_hash <> ''
      or l.created_at > statement_timestamp() - interval '15 minutes'
      or demand_sign_in() is not null
    )
  for share of u, l
),
made as (
  insert into api_keys as k (user_id, name, scopes, secret_start, secret_sha256, expires_at)
  select
    case
      when :superusers and not u.is_superuser then refuse('scopes', 'Some of these scopes are for superusers only.')
      else u.id
    end,
    :name,
    :scopes,
    :secret_start,
    :secret_sha256,
    nullif(:expires_at, 'infinity')
  from person as u
  where within_quota('api_keys', u.id, 100)
  returning k as key
)
select
  (m.key).id,
  defer_mail('api_key_made', json_build_object(
    'user_id', (m.key).user_id, 'key_id', (m.key).id, 'at', rfc3339((m.key).created_at)
  )) as mail_id,
  keep_reply(api_key_json(m.key)) as reply
from made as m
