-- Makes an API key for the viewer, who may have a hundred; only the key's digest is stored.
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
-- The sign-in must be at most 15 minutes old, or the password proved. A mail tells the owner. The expiry infinity means
-- never. Only a superuser gets a key with a superuser's scopes.
with person as materialized (
  -- Locks and reads the login again. It waits for a change of password at this moment, because that ends keys, too.
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
