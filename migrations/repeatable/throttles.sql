-- Guessing passwords and having mails sent is slowed, without a lock that a stranger could turn: buckets that fill with
-- every wrong guess or mail and drain with time – of who asks, of what is asked for, and of the two together.
--
-- What somebody may do depends on what they did themselves; what others did to the same account or mailbox lately makes it
-- less, but never nothing. Of IPv6, a /64 is one address: a customer has so many.
create or replace function workouts.place_of(address inet) returns text
language sql immutable parallel safe
return coalesce(
  case when family(address) = 6 then network(set_masklen(address, 64))::text else host(address) end,
  'none'
);

-- Two that come at once wait for each other here, in one order and so not in a circle.
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

-- How full each bucket is at an instant, when one unit drains from it in so many seconds.
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
-- A guess is counted when it was compared and before it is answered: a right one is never counted, however many come at
-- once, and of a hundred wrong ones that come at once five are answered.
--
-- - An address has 5 wrong guesses at a name, then pauses of 1, 2, 4 … 60 s; one guess drains in 3 minutes.
-- - An address has 50 at all names together, then the same pauses; one drains in 20 s.
-- - A name at which more than 20 were made lately, from wherever, is besieged: then each address has one guess at it, and
--   pauses of 30, 60, 120 … 900 s. It drains one in 60 s.
--
-- The name is what was typed: were username and e-mail address counted as one account, guesses would tell that they are.
-- A guess that has to wait is neither answered nor counted, so that waiting ends however often somebody tries.
create or replace function workouts.guess_keys(account text, address inet) returns bytea[]
language sql immutable parallel safe
return array[
  sha256(convert_to('pair ' || workouts.place_of(address) || ' ' || account, 'UTF8')),
  sha256(convert_to('account ' || account, 'UTF8')),
  sha256(convert_to('address ' || workouts.place_of(address), 'UTF8'))
];

-- The seconds to wait before the next guess, and how full the buckets are; 0: go on.
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

-- Before a password is compared: whether it would be answered. It counts nothing.
create or replace function workouts.guess_wait(account text, address inet) returns integer
language sql stable
as $$
  select s.wait_s
  from workouts.guess_state(workouts.guess_keys(account, address), statement_timestamp()) as s
$$;

-- The password was wrong: counts it and answers 0, or the seconds to wait, and then nobody is told that it was wrong.
create or replace function workouts.charge_guess(account text, address inet) returns integer
language plpgsql volatile
as $$
declare
  keys constant bytea[] := workouts.guess_keys(account, address);
  asked_at timestamptz;
  state record;
begin
  perform workouts.lock_throttles(keys);
  asked_at := clock_timestamp();  -- after the locks: another's guess is in the past now
  select s.wait_s, s.levels into state from workouts.guess_state(keys, asked_at) as s;
  if state.wait_s = 0 then
    perform workouts.fill_throttles(keys, state.levels, asked_at);
  end if;
  return state.wait_s;
end
$$;

-- The password was right: for the `where` of what it allows. Ends the statement with 429 where a guess would have to wait,
-- since wrong ones may have come meanwhile; else what this address guessed at this name before was typing. Without an
-- account there was no guess.
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

-- The password was right, and what this address guessed at this name before was typing.
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
-- Of mails that somebody has sent to a mailbox, by an address without a sign-in or by a user ('user 17'):
--
-- - one sender has 3 at a mailbox, then one in 10 minutes;
-- - one sender has 60 at all mailboxes, then one a minute;
-- - a mailbox that got more than 12 lately, whoever caused them, gets one of each further sender, then one in 10 minutes.
--
-- So nobody elsewhere can use up the mails of a mailbox, whether or not it is an account's. Answers the seconds to wait;
-- 0: it may go out, and was counted.
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

-- For who is not signed in: whether the mail goes out. The reply tells nobody.
drop function if exists workouts.charge_mail(text);
create or replace function workouts.charge_mail(email text, address inet default null) returns boolean
language sql volatile
as $$
  select workouts.mail_wait(charge_mail.email, 'address ' || workouts.place_of(charge_mail.address)) = 0
$$;

-- For who is signed in: true, or the statement ends with 429.
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
