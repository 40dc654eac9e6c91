-- Lets a signed-in caller through, or raises WK401 or WK403; sets the transaction's settings. Runs before every query.
-- @param user_id    bigint = 1
-- @param login_id   bigint = 1
-- @param request_id text = 'by hand'
-- @param timeout_ms bigint = 5000
-- @param plan_mode  text = 'auto'
-- @param superuser  boolean = false
-- @returns value
-- @readonly
select workouts.guard(:user_id, :login_id, :request_id, :timeout_ms, :plan_mode, :superuser)
