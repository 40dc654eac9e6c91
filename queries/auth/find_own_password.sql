-- The password's hash of who is signed in, what their password must not be, and the seconds to wait before a guess.
-- Guesses by who is signed in are counted apart from those at signing in: nobody else can use them up.
-- @param user_id bigint = 1
-- @param address inet? = '127.0.0.1'
-- @column account text!
-- @column wait_s  integer!
-- @returns one
-- @plan custom
-- @readonly
-- @budget plan: no_seqscan(users)
select
  u.password_hash,
  u.email,
  u.username,
  u.full_name,
  'proof of user ' || u.id as account,
  guess_wait('proof of user ' || u.id, :address) as wait_s
from users as u
where u.id = :user_id
