-- Ends sessions in progress to which nobody has written for 4 hours, 5 minutes after their last set.
-- @param limit int = 100
-- @column ended bigint[]!
-- @returns one
-- @plan generic
-- @writes
-- @budget run: buffers<=60
select end_forgotten_sessions(null, :limit::int) as ended
