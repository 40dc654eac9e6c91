-- Ends a login: the guard refuses its tokens from the next request on.
-- @param user_id  bigint = 1
-- @param login_id bigint = 1
-- @param why      text = 'logout'
-- @returns rows_affected
-- @writes
-- @budget plan: no_seqscan(logins)
update logins as l
set revoked_at = statement_timestamp(),
    revoked_why = :why
where l.id = :login_id
  and l.user_id = :user_id
  and l.revoked_at is null
