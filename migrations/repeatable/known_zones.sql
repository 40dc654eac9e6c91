-- Time zones. What is taken is asked of the server itself, whenever a zone is written; what is stored may come from
-- another server, or from another year, and then counts as UTC: no statement fails because a zone is not known here.
-- Never write `at time zone` with a stored or given zone but through zone_or_utc(); a test looks for that.

-- The zone, or UTC where this server does not know it. Not safe in parallel plans: the attempt is a subtransaction.
create or replace function workouts.zone_or_utc(zone text) returns text
language plpgsql stable strict cost 10
as $$
begin
  perform timezone(zone, timestamptz 'epoch');
  return zone;
exception
  when invalid_parameter_value then return 'UTC';
end
$$;

-- Whether days and times are counted in this zone, and not in UTC in its place; true where there is no zone.
create or replace function workouts.knows_zone(zone text) returns boolean
language sql stable
as $$
  select coalesce(workouts.zone_or_utc(zone) = zone, true)
$$;

-- Whether this is the name of an IANA zone, in its own capitals, that the server knows: no abbreviation (CEST) and no rule
-- (FOO5), which it would take as well, not Factory, by which a host says that it was never set, and not localtime, which
-- means another zone on each host. A setting is the one
-- place where the server says how a name is spelt; it ends with this function.
create or replace function workouts.is_zone(name text) returns boolean
language plpgsql volatile strict
set timezone = 'UTC'
as $$
begin
  if name = 'Factory' or name !~ ('^([A-Z][A-Za-z_+-]*(/[A-Z][A-Za-z_-]*){1,2}|Etc/GMT[+-]?[0-9]{1,2}'
    || '|[A-Z][A-Za-z-]*|(EST5E|CST6C|MST7M|PST8P)DT|GMT[+-]?0)$') then
    return false;
  end if;
  perform set_config('timezone', name, true);
  return current_setting('timezone') = name;
exception
  when invalid_parameter_value then return false;
end
$$;

-- Holds a column called zone to that: a constraint, but for rows that are there. What was known when it was written must
-- neither stop a restore nor a change of something else. (`update of zone` would forbid to alter the column's type.)
create or replace function workouts.hold_zone() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'UPDATE' and new.zone = old.zone then
    return null;
  end if;
  if not workouts.is_zone(new.zone) then
    raise exception using
      errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('time zone %L is not known to this server', new.zone);
  end if;
  return null;
end
$$;

do $$
declare
  held text;
begin
  foreach held in array array['athletes', 'registrations', 'sessions', 'imports'] loop
    execute format('drop trigger if exists %1$s_zone_is_known on workouts.%1$s', held);
    execute format(
      'create constraint trigger %1$s_zone_is_known after insert or update on workouts.%1$s '
      'for each row execute function workouts.hold_zone()',
      held
    );
  end loop;
end
$$;
