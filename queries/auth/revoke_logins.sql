-- Ends all of a user's logins: the guard refuses their tokens from the next request on.
-- @param user_id bigint = 1
-- @returns rows_affected
-- @writes
-- @budget plan: no_seqscan(logins)
update logins as l
set revoked_at = statement_timestamp(),
    revoked_why = 'logout'
where l.user_id = :user_id
  and l.revoked_at is null
