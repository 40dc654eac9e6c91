-- Guessing passwords is slowed, without a lock that a stranger could turn: three buckets that fill with every wrong guess
-- and drain with time – of the account, of the address, and of the two together.
--
-- charge_guess() is asked before a password is compared, and counts the guess as wrong; refund_guess() takes it back when
-- it was right. So a hundred guesses at once are a hundred guesses. It answers the seconds to wait; 0: go on. A guess that
-- has to wait is not compared and not counted, so that waiting ends however often somebody tries.
--
-- - An address has 5 guesses at an account, then pauses of 1, 2, 4 … 60 s; one guess drains in 3 minutes.
-- - An address has 50 guesses at all accounts together, then the same pauses; one drains in 20 s.
-- - An account at which more than 20 guesses were made lately, from wherever, is besieged: then each address has one
--   guess at it, and pauses of 30, 60, 120 … 900 s. It drains one in 60 s.
--
-- What an address may guess at an account depends on its own guesses alone but for how soon the second is: its first is
-- always answered, so nobody elsewhere can keep the owner out. Of IPv6, a /64 is one address: a customer has so many.
create or replace function workouts.guess_keys(account text, address inet) returns bytea[]
language sql immutable parallel safe
as $$
  select array[
    sha256(convert_to('pair ' || near.place || ' ' || guess_keys.account, 'UTF8')),
    sha256(convert_to('account ' || guess_keys.account, 'UTF8')),
    sha256(convert_to('address ' || near.place, 'UTF8'))
  ]
  from (
    select coalesce(
      case
        when family(guess_keys.address) = 6 then network(set_masklen(guess_keys.address, 64))::text
        else host(guess_keys.address)
      end,
      'none'
    ) as place
  ) as near
$$;

create or replace function workouts.charge_guess(account text, address inet) returns integer
language plpgsql volatile
as $$
declare
  keys constant bytea[] := workouts.guess_keys(account, address);
  drain_s constant float8[] := '{180, 60, 20}';
  levels float8[] := '{0, 0, 0}';
  free integer := 5;
  base_s float8 := 1;
  longest_s float8 := 60;
  asked_at timestamptz;
  free_at timestamptz := '-infinity';
  bucket record;
begin
  -- In one order, here as in refund_guess(): two that come at once wait for each other, and not in a circle.
  insert into workouts.throttles as g (key, level, last_at)
  select k.key, 0, '-infinity'
  from unnest(keys) as k (key)
  order by k.key
  on conflict do nothing;
  perform
  from workouts.throttles as g
  where g.key = any (keys)
  order by g.key
  for update;
  asked_at := clock_timestamp();  -- after the locks: another's guess is in the past now
  for bucket in
    select k.place, g.level, g.last_at
    from unnest(keys) with ordinality as k (key, place)
    join workouts.throttles as g on g.key = k.key
    order by k.place desc
  loop
    if bucket.last_at > '-infinity' then
      levels[bucket.place] := greatest(
        0, bucket.level - extract(epoch from asked_at - bucket.last_at) / drain_s[bucket.place]
      );
    end if;
    if bucket.place = 3 and levels[3] >= 50 then
      free_at := bucket.last_at + make_interval(secs => least(60, power(2, least(levels[3] - 50, 10))));
    elsif bucket.place = 2 and levels[2] >= 20 then
      free := 1;
      base_s := 30;
      longest_s := 900;
    elsif bucket.place = 1 and ceil(levels[1]) >= free then
      free_at := greatest(
        free_at,
        bucket.last_at + make_interval(secs => least(longest_s, base_s * power(2, least(ceil(levels[1]) - free, 10))))
      );
    end if;
  end loop;
  if free_at > asked_at then
    return ceil(extract(epoch from free_at - asked_at));
  end if;
  update workouts.throttles as g
  set level = levels[k.place] + 1,
      last_at = asked_at
  from unnest(keys) with ordinality as k (key, place)
  where g.key = k.key;
  return 0;
end
$$;

-- The password was right: the guess was none, and what this address guessed at this account before was typing.
create or replace function workouts.refund_guess(account text, address inet) returns boolean
language plpgsql volatile
as $$
declare
  keys constant bytea[] := workouts.guess_keys(account, address);
begin
  perform
  from workouts.throttles as g
  where g.key = any (keys)
  order by g.key
  for update;
  update workouts.throttles as g
  set level = greatest(0, g.level - 1)
  where g.key = any (keys[2:3]);
  delete from workouts.throttles as g
  where g.key = keys[1];
  return true;
end
$$;

-- Mails that anybody can have sent to an address: three at once, then one in ten minutes. It counts for every address
-- alike, whoever has it, and answers whether this one may go out.
create or replace function workouts.charge_mail(email text) returns boolean
language sql volatile
as $$
  with counted as (
    insert into workouts.throttles as t (key, level, last_at)
    values (sha256(convert_to('mail ' || lower(charge_mail.email), 'UTF8')), 1, statement_timestamp())
    on conflict (key) do update
      set level = greatest(0, t.level - extract(epoch from excluded.last_at - t.last_at) / 600) + 1,
          last_at = excluded.last_at
      where greatest(0, t.level - extract(epoch from excluded.last_at - t.last_at) / 600) + 1 <= 3
    returning t.key
  )
  select exists (select 1 from counted)
$$;
