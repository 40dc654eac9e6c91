-- Claims an Idempotency-Key for the effect behind it in the same transaction, or raises WK409: it was used before.
-- @param key    text = 'a-key'
-- @param digest bytea = sha256('body')
-- @returns value
-- @writes
select workouts.claim_key(:key, :digest)
