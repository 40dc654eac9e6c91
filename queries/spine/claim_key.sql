-- Claims an Idempotency-Key for the change that follows in the same transaction; raises WK409 if it was used before.
-- @param key    text = 'a-key'
-- @param digest bytea = sha256('body')
-- @returns value
-- @writes
select workouts.claim_key(:key, :digest)
