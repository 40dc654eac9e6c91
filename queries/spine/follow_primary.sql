-- Lets a read go on only on a standby that is as far as the read needs; the server then asks the primary instead.
-- @param position bigint = 0
-- @param key_id   bigint? = null
-- @returns value
-- @readonly
-- @plan custom
select workouts.follow_primary(:position, :key_id)
