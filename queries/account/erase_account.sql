-- Erases the user who is signed in and whose password was proved; gives the proof that stays: counts by table.
-- @param user_id       bigint = 1
-- @param verified_hash text = '$argon2id$v=19$'
-- @param account       text = 'proof of user 1'
-- @param address       inet? = '127.0.0.1'
-- @column erasure_id bigint!
-- @column erased_at  timestamptz!
-- @column deleted    json!
-- @column anonymised json!
-- @returns maybe
-- @plan custom
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
  and permit_guess(:account, :address)
  and e.id is not null
