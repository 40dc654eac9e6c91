-- Asks the guard alone, in front of what is answered without a query: from a cache.
-- @returns value
-- @column is_let_in boolean!
-- @readonly
-- @budget run: buffers<=1
select true as is_let_in
