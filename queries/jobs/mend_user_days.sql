-- Compares the counts of users by day with the users, and sets right what differs; tells how many days that were.
-- @column mended bigint!
-- @returns value
-- @writes
select mend_user_days() as mended
