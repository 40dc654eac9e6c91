-- The user of a name at the sign-in, the seconds to wait before a guess, and the id of the login to make.
-- It gives a row for unknown names, too, and counts guesses by the name as it was typed. So neither the reply nor its
-- time shows who has an account, or which username and e-mail address belong together.
-- @param name    text = 'ada@example.com'
-- @param address inet? = '127.0.0.1'
-- @column id            bigint
-- @column password_hash text
-- @column account       text!
-- @column wait_s        integer!
-- @column login_id      bigint!
-- @returns one
-- @plan custom
-- @writes
-- @budget plan: no_seqscan(users)
-- @budget run: buffers<=100
select
  u.id,
  u.password_hash,
  guessed.account,
  guess_wait(guessed.account, :address) as wait_s,
  nextval('logins_id_seq') as login_id
from (values (:name::text)) as asked (name)
left join users as u
  on u.is_active
  and (lower(u.email) = lower(asked.name) or lower(u.username) = lower(asked.name))
cross join lateral (select 'name ' || lower(asked.name) as account) as guessed
