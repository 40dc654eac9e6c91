-- Counts a password that was wrong, and says how many seconds to wait: then nobody is told that it was.
-- @param account text = 'name ada'
-- @param address inet? = '127.0.0.1'
-- @column wait_s integer!
-- @returns value
-- @writes
-- @plan custom
select charge_guess(:account, :address) as wait_s
