-- Erases who is signed in and knows their password, and answers with the proof that stays: counts by table.
-- @param user_id       bigint = 1
-- @param verified_hash text = '$argon2id$v=19$'
-- @column erasure_id bigint!
-- @column erased_at  timestamptz!
-- @column deleted    json!
-- @column anonymised json!
-- @returns maybe
-- @timeout 25s
-- @writes
-- @budget plan: no_seqscan(users)
select
  e.id as erasure_id,
  e.erased_at,
  e.deleted,
  e.anonymised
from users as u
cross join lateral erase_user(u.id) as e
where u.id = :user_id
  and u.password_hash = :verified_hash
