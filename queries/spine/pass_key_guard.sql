-- Lets the holder of an API key through, or raises WK401 or WK403; pass_guard.sql does this for signed-in callers.
-- @param user_id       bigint = 1
-- @param key_id        bigint = 1
-- @param secret_sha256 bytea = sha256('secret')
-- @param scope         text = 'sessions:read'
-- @param request_id    text = 'by hand'
-- @param timeout_ms    bigint = 5000
-- @param plan_mode     text = 'auto'
-- @param superuser     boolean = false
-- @param writes        boolean = false
-- @returns value
-- @writes
select workouts.key_guard(
    :user_id, :key_id, :secret_sha256, :scope, :request_id, :timeout_ms, :plan_mode, :superuser, :writes
  )
