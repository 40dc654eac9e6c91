-- Compares the counts of users by day with the users, and corrects differences; gives the number of corrected days.
-- @column mended bigint!
-- @returns value
-- @writes
-- @budget run: buffers<=400
select mend_user_days() as mended
