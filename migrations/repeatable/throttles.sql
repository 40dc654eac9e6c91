-- Slows down guesses of passwords and requests for mails. No stranger can lock somebody out. It uses buckets: each wrong
-- guess or mail fills them, and they drain with time. There is a bucket for the sender, one for the target, and one for
-- both together.
--
-- A sender's limit depends on the sender's own requests. Requests of others to the same account or mailbox lower the limit,
-- but never to zero. An IPv6 /64 counts as one address, because a customer has that many addresses.
create or replace function workouts.place_of(address inet) returns text
language sql immutable parallel safe
return coalesce(
  case when family(address) = 6 then network(set_masklen(address, 64))::text else host(address) end,
  'none'
);

-- Two requests at the same moment wait for each other here. They lock in one order, so they cannot deadlock.
create or replace function workouts.lock_throttles(keys bytea[]) returns void
language plpgsql volatile
as $$
begin
  insert into workouts.throttles as g (key, level, last_at)
  select k.key, 0, clock_timestamp()
  from unnest(keys) as k (key)
  order by k.key
  on conflict do nothing;
  perform
  from workouts.throttles as g
  where g.key = any (keys)
  order by g.key
  for update;
end
$$;

-- The level of each bucket at an instant, if one unit drains in so many seconds.
create or replace function workouts.throttle_levels(keys bytea[], drain_s float8[], asked_at timestamptz)
returns float8[]
language sql stable
as $$
  select array_agg(
    greatest(0, coalesce(g.level - extract(epoch from asked_at - g.last_at) / drain_s[k.place], 0))
    order by k.place
  )
  from unnest(keys) with ordinality as k (key, place)
  left join workouts.throttles as g on g.key = k.key
$$;

create or replace function workouts.fill_throttles(keys bytea[], levels float8[], filled_at timestamptz) returns void
language sql volatile
as $$
  update workouts.throttles as g
  set level = levels[k.place] + 1,
      last_at = filled_at
  from unnest(keys) with ordinality as k (key, place)
  where g.key = k.key
$$;

-- ── guesses ──────────────────────────────────────────────────────────────────────────────────────────────────────────
--
-- A guess is counted after it was compared and before the reply is sent. A right guess is never counted, however many come
-- at once. If a hundred wrong ones come at once, five get an answer.
--
-- - An address has 5 wrong guesses at a name, then pauses of 1, 2, 4 … 60 s; one guess drains in 3 minutes.
-- - An address has 50 at all names together, then the same pauses; one drains in 20 s.
-- - A name with more than 20 recent wrong guesses, from any addresses, is under attack. Then each address has one guess at
--   it, and pauses of 30, 60, 120 … 900 s. One guess drains in 60 s.
--
-- The name is the text as it was typed. If username and e-mail address were counted together, guesses would show that they
-- belong to one account. A guess that has to wait is neither answered nor counted. So the wait ends, however often somebody
-- tries.
create or replace function workouts.guess_keys(account text, address inet) returns bytea[]
language sql immutable parallel safe
return array[
  sha256(convert_to('pair ' || workouts.place_of(address) || ' ' || account, 'UTF8')),
  sha256(convert_to('account ' || account, 'UTF8')),
  sha256(convert_to('address ' || workouts.place_of(address), 'UTF8'))
];

-- The seconds to wait before the next guess (0: none), and the levels of the buckets.
create or replace function workouts.guess_state(
  keys bytea[], asked_at timestamptz, out wait_s integer, out levels float8[]
)
language plpgsql stable
as $$
declare
  free integer := 5;
  base_s float8 := 1;
  longest_s float8 := 60;
  pair_at timestamptz;
  address_at timestamptz;
  free_at timestamptz := '-infinity';
begin
  levels := workouts.throttle_levels(keys, '{180, 60, 20}', asked_at);
  select g.last_at into pair_at from workouts.throttles as g where g.key = keys[1];
  select g.last_at into address_at from workouts.throttles as g where g.key = keys[3];
  if levels[3] >= 50 then
    free_at := address_at + make_interval(secs => least(60, power(2, least(levels[3] - 50, 10))));
  end if;
  if levels[2] >= 20 then
    free := 1;
    base_s := 30;
    longest_s := 900;
  end if;
  if ceil(levels[1]) >= free then
    free_at := greatest(
      free_at, pair_at + make_interval(secs => least(longest_s, base_s * power(2, least(ceil(levels[1]) - free, 10))))
    );
  end if;
  wait_s := case when free_at > asked_at then ceil(extract(epoch from free_at - asked_at)) else 0 end;
end
$$;

-- The seconds to wait before a password is compared. It counts nothing.
create or replace function workouts.guess_wait(account text, address inet) returns integer
language sql stable
as $$
  select s.wait_s
  from workouts.guess_state(workouts.guess_keys(account, address), statement_timestamp()) as s
$$;

-- After a wrong password: counts it and returns 0, or returns the seconds to wait. In that case the reply must not say that
-- the password was wrong.
create or replace function workouts.charge_guess(account text, address inet) returns integer
language plpgsql volatile
as $$
declare
  keys constant bytea[] := workouts.guess_keys(account, address);
  asked_at timestamptz;
  state record;
begin
  perform workouts.lock_throttles(keys);
  asked_at := clock_timestamp();  -- after the locks were got: other guesses are in the past now
  select s.wait_s, s.levels into state from workouts.guess_state(keys, asked_at) as s;
  if state.wait_s = 0 then
    perform workouts.fill_throttles(keys, state.levels, asked_at);
  end if;
  return state.wait_s;
end
$$;

-- After a right password, for the `where` of the statement that it allows. If a guess would have to wait now, because of
-- wrong ones that came meanwhile, it ends the statement with 429. Otherwise earlier wrong guesses of this address at this
-- name count as typing errors and are forgotten. Without an account there was no guess.
create or replace function workouts.permit_guess(account text, address inet) returns boolean
language plpgsql volatile
as $$
declare
  keys constant bytea[] := workouts.guess_keys(account, address);
  wait_s integer;
begin
  if account = '' then
    return true;
  end if;
  perform
  from workouts.throttles as g
  where g.key = any (keys)
  order by g.key
  for update;
  select s.wait_s into wait_s from workouts.guess_state(keys, clock_timestamp()) as s;
  if wait_s > 0 then
    raise exception using errcode = 'WK429', message = 'Too many wrong passwords: wait.', detail = wait_s::text;
  end if;
  return workouts.refund_guess(account, address);
end
$$;

-- After a right password: earlier wrong guesses of this address at this name count as typing errors and are forgotten.
create or replace function workouts.refund_guess(account text, address inet) returns boolean
language plpgsql volatile
as $$
begin
  delete from workouts.throttles as g
  where g.key = (workouts.guess_keys(account, address))[1];
  return true;
end
$$;

-- ── mails ────────────────────────────────────────────────────────────────────────────────────────────────────────────
--
-- Limits of mails to a mailbox. The sender is an address without a sign-in, or a user ('user 17').
--
-- - One sender has 3 mails to a mailbox, then one in 10 minutes.
-- - One sender has 60 mails to all mailboxes together, then one a minute.
-- - A mailbox that recently got more than 12, from any senders, gets one from each further sender, then one in 10 minutes.
--
-- So nobody can use up the mails of another person's mailbox, whether or not it belongs to an account. Returns the seconds
-- to wait; 0 means that the mail may be sent and was counted.
create or replace function workouts.mail_wait(recipient text, sender text) returns integer
language plpgsql volatile
as $$
declare
  keys constant bytea[] := array[
    sha256(convert_to('mail by ' || sender || ' to ' || lower(recipient), 'UTF8')),
    sha256(convert_to('mail by ' || sender, 'UTF8')),
    sha256(convert_to('mail to ' || lower(recipient), 'UTF8'))
  ];
  drain_s constant float8[] := '{600, 60, 600}';
  asked_at timestamptz;
  levels float8[];
  wait_s float8;
begin
  perform workouts.lock_throttles(keys);
  asked_at := clock_timestamp();
  levels := workouts.throttle_levels(keys, drain_s, asked_at);
  wait_s := greatest(
    0,
    (levels[1] + 1 - case when levels[3] >= 12 then 1 else 3 end) * drain_s[1],
    (levels[2] + 1 - 60) * drain_s[2]
  );
  if wait_s = 0 then
    perform workouts.fill_throttles(keys, levels, asked_at);
  end if;
  return ceil(wait_s);
end
$$;

-- For callers who are not signed in: whether the mail is sent. The reply must not show it.
drop function if exists workouts.charge_mail(text);
create or replace function workouts.charge_mail(email text, address inet default null) returns boolean
language sql volatile
as $$
  select workouts.mail_wait(charge_mail.email, 'address ' || workouts.place_of(charge_mail.address)) = 0
$$;

-- For signed-in callers: true, or the statement ends with 429.
create or replace function workouts.permit_mail(email text, sender_id bigint) returns boolean
language plpgsql volatile
as $$
declare
  wait_s constant integer := workouts.mail_wait(email, 'user ' || sender_id);
begin
  if wait_s > 0 then
    raise exception using errcode = 'WK429', message = 'Too many mails: wait.', detail = wait_s::text;
  end if;
  return true;
end
$$;
