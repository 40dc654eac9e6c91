-- Asks only the guard, for replies that need no query because they come from a cache.
-- @returns value
-- @column is_let_in boolean!
-- @readonly
-- @budget run: buffers<=1
select true as is_let_in
