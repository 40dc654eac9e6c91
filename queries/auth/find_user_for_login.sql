-- Who may be signing in under a name, the seconds that they must wait before a guess, and the id of the login to come.
-- Answers a row for names that nobody has too, and guesses count by the name as it was typed: neither reply nor timing
-- tells who has an account, nor which username and e-mail address are one.
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
