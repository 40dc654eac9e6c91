-- Sets the transaction's settings for a caller who needs no sign-in: registration, sign-in, jobs, commands.
-- @param user_id    bigint? = null
-- @param request_id text = 'by hand'
-- @param timeout_ms bigint = 5000
-- @param plan_mode  text = 'auto'
-- @returns value
-- @readonly
-- @plan custom
select workouts.open_request(:user_id, :request_id, :timeout_ms, :plan_mode)
