-- Counts a wrong password and gives the seconds to wait; above 0 the reply does not say whether it was wrong.
-- @param account text = 'name ada'
-- @param address inet? = '127.0.0.1'
-- @column wait_s integer!
-- @returns value
-- @writes
-- @plan custom
select charge_guess(:account, :address) as wait_s
