-- Queues a mail with a token to an address; the mail is sent only if the address belongs to somebody who may get it.
-- The mailbox, by which mails are counted, is the address in its one form. The job that sends the mail looks up the address. So this statement does the same work for every address.
-- @param kind    text = 'reset_password'
-- @param email   text = 'ada@example.com'
-- @param mailbox text = 'ada@example.com'
-- @param address inet? = '127.0.0.1'
-- @column mail_id bigint
-- @returns value
-- @plan custom
-- @writes
select
  case
    when charge_mail(:mailbox, :address) then defer_mail(:kind, json_build_object('email', :email::text))
  end as mail_id
