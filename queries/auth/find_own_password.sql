-- The password hash of the user who is signed in, the texts that a password must not be, and the seconds to wait.
-- Guesses by signed-in users are counted separately from guesses at the sign-in. So nobody else can use them up.
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
