-- E-mail addresses whose domains have other letters than ASCII's. They are stored with A-labels (xn--exmple-cua.com); those
-- that were stored before may have the letters themselves (exämple.com).

-- The letters for which the part of an A-label behind xn-- stands (RFC 3492, its names and numbers); null where it stands
-- for nothing.
create or replace function workouts.letters_of_punycode(code text) returns text
language plpgsql immutable parallel safe
as $$
declare
  letters text := coalesce(substring(code from '^(.*)-'), '');
  rest text := substring(code from '[^-]*$');
  taken integer := 0;
  n bigint := 128;
  i bigint := 0;
  bias bigint := 72;
  began_at bigint;
  delta bigint;
  weight bigint;
  k bigint;
  digit integer;
  threshold bigint;
begin
  while taken < length(rest) loop
    began_at := i;
    weight := 1;
    k := 36;
    loop
      taken := taken + 1;
      digit := position(substr(rest, taken, 1) in 'abcdefghijklmnopqrstuvwxyz0123456789') - 1;
      if taken > length(rest) or digit < 0 or weight > 100000000 then
        return null;
      end if;
      i := i + digit * weight;
      threshold := least(greatest(k - bias, 1), 26);
      exit when digit < threshold;
      weight := weight * (36 - threshold);
      k := k + 36;
    end loop;
    delta := (i - began_at) / case when began_at = 0 then 700 else 2 end;
    delta := delta + delta / (length(letters) + 1);
    k := 0;
    while delta > 455 loop
      delta := delta / 35;
      k := k + 36;
    end loop;
    bias := k + 36 * delta / (delta + 38);
    n := n + i / (length(letters) + 1);
    i := i % (length(letters) + 1);
    if n > 1114111 or n between 55296 and 57343 then
      return null;
    end if;
    letters := left(letters, i::integer) || chr(n::integer) || substr(letters, i::integer + 1);
    i := i + 1;
  end loop;
  return letters;
end
$$;

-- An address in small letters, with those for which the A-labels of its domain stand.
create or replace function workouts.address_in_letters(address text) returns text
language sql immutable parallel safe
return case
  when address ilike '%@%xn--%' then lower(substring(address from '^.*@')) || (
    select string_agg(
      case
        when l.label like 'xn--%' then coalesce(workouts.letters_of_punycode(substr(l.label, 5)), l.label)
        else l.label
      end,
      '.' order by l.place
    )
    from unnest(string_to_array(lower(substring(address from '[^@]*$')), '.')) with ordinality as l (label, place)
  )
  else lower(address)
end;

-- No account may have the mailbox of another one that was stored with the letters of its domain.
create or replace function workouts.refuse_twin_of_address() returns trigger
language plpgsql
as $$
begin
  if exists (
    select
    from workouts.users as u
    where lower(u.email) = workouts.address_in_letters(new.email)
      and u.id <> new.id
  ) then
    raise exception using errcode = '23505', constraint = 'users_email_key', message = 'This address is registered.';
  end if;
  return null;
end
$$;

drop trigger if exists refuse_twin_of_address_when_made on workouts.users;
create trigger refuse_twin_of_address_when_made after insert on workouts.users
  for each row
  when (new.email ilike '%@%xn--%')
  execute function workouts.refuse_twin_of_address();
drop trigger if exists refuse_twin_of_address_when_changed on workouts.users;
create trigger refuse_twin_of_address_when_changed after update of email on workouts.users
  for each row
  when (new.email ilike '%@%xn--%' and lower(old.email) <> lower(new.email))
  execute function workouts.refuse_twin_of_address();
