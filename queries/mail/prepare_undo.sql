-- The recipient of the mail about a change of address, at the old address, which may undo it; keeps its token.
-- @param change_id    bigint = 1
-- @param token_sha256 bytea = sha256('token')
-- @column email text!
-- @column name  text!
-- @column at    text!
-- @column days  integer!
-- @returns maybe
-- @plan generic
-- @writes
-- @budget plan: no_seqscan(email_changes, users)
update email_changes as e
set undo_sha256 = :token_sha256
from users as u
where e.id = :change_id
  and u.id = e.user_id
  and u.is_active
  and e.changed_at is not null
  and e.ended_at is null
  and e.expires_at > statement_timestamp()
returning
  e.old_email as email,
  coalesce(nullif(u.full_name, ''), u.username) as name,
  rfc3339(e.changed_at) as at,
  ceil(extract(epoch from e.expires_at - statement_timestamp()) / 86400)::integer as days
