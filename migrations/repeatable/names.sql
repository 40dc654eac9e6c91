-- Checks names by the rules of workouts_api/web/texts.py on every way of writing. A test compares both character by
-- character.

-- Whether a text may be a name: NFKC, at most one blank between words, no blanks around them, and no invisible characters
-- (controls, format, fillers, selectors, private use). Characters that Unicode has not assigned are not checked here,
-- because that depends on the server's version; the API refuses them.
create or replace function workouts.is_name(name text) returns boolean
language sql immutable strict parallel safe
return name is nfkc normalized
  and name !~ '^ | $|  '
  and name !~ (
    '[\u0001-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680'
    || '\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufe00-\ufe0f'
    || '\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'
    || '\U000e0000-\U000e0fff\U000f0000-\U0010ffff]');

-- Checks that of every new value in a column. Unlike a constraint, it does not check existing rows.
create or replace function workouts.hold_name() returns trigger
language plpgsql
as $$
declare
  written constant text := to_jsonb(new) ->> tg_argv[0];
begin
  if tg_op = 'UPDATE' and written = to_jsonb(old) ->> tg_argv[0] then
    return null;
  end if;
  if not workouts.is_name(written) then
    raise exception using
      errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('%s.%s holds what cannot be seen, or is not in the form of names', tg_table_name, tg_argv[0]);
  end if;
  return null;
end
$$;

do $$
declare
  held record;
begin
  for held in
    select t.table_name, t.column_name
    from (
      values
        ('users', 'username'), ('users', 'full_name'), ('registrations', 'username'), ('registrations', 'full_name'),
        ('athletes', 'name'), ('teams', 'name'), ('teams', 'headquarters'), ('exercises', 'name'),
        ('exercise_aliases', 'alias'), ('api_keys', 'name')
    ) as t (table_name, column_name)
    where to_regclass('workouts.' || t.table_name) is not null
  loop
    execute format(
      'drop trigger if exists %1$s_%2$s_can_be_read on workouts.%1$s', held.table_name, held.column_name
    );
    execute format(
      'create constraint trigger %1$s_%2$s_can_be_read after insert or update on workouts.%1$s '
      'for each row execute function workouts.hold_name(%2$L)',
      held.table_name, held.column_name
    );
  end loop;
end
$$;
