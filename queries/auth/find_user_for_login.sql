-- Who may be signing in under a name, the seconds that they must wait before a guess, and the id of the login to come.
-- Answers a row for names that nobody has too, and counts guesses at them alike: neither reply nor timing tells.
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
  charge_guess(guessed.account, :address) as wait_s,
  nextval('logins_id_seq') as login_id
from (values (:name::text)) as asked (name)
left join users as u
  on u.is_active
  and (lower(u.email) = lower(asked.name) or lower(u.username) = lower(asked.name))
cross join lateral (
  select coalesce('user ' || u.id, 'name ' || lower(asked.name)) as account
) as guessed
