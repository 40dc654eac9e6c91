-- The user of a name at the sign-in, the seconds to wait before a guess, and the id of the login to make.
-- It gives a row for unknown names, too, and counts guesses by the name as it was typed. So neither the reply nor its
-- time shows who has an account, or which username and e-mail address belong together.
-- An address whose domain has other letters than ASCII's is found in each of its forms; guesses count by the one with
-- A-labels.
-- @param name       text = 'ada@example.com'
-- @param in_ascii   text = 'ada@example.com'
-- @param in_letters text = 'ada@example.com'
-- @param address    inet? = '127.0.0.1'
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
from (values (:name::text, :in_ascii::text, :in_letters::text)) as asked (name, in_ascii, in_letters)
left join lateral (
  select
    a.id,
    a.password_hash
  from users as a
  where a.is_active
    and (
      lower(a.email) in (lower(asked.name), lower(asked.in_ascii), lower(asked.in_letters))
      or lower(a.username) = lower(asked.name)
    )
  order by lower(a.email) = lower(asked.name) desc
  limit 1
) as u on true
cross join lateral (select 'name ' || lower(asked.in_ascii) as account) as guessed
