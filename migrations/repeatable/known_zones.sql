-- Time zones. When a zone is written, the server itself says whether it knows it. A stored zone may come from another
-- server or another year; if this server does not know it, it counts as UTC. So no statement fails because of a zone.
-- Always use zone_or_utc() in `at time zone` with a stored or given zone. A test checks this.

-- The zone, or UTC if this server does not know it. It is not parallel safe, because it tries the zone in a subtransaction.
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

-- Whether the server knows this zone, so that it does not count as UTC; true if there is no zone.
create or replace function workouts.knows_zone(zone text) returns boolean
language sql stable
as $$
  select coalesce(workouts.zone_or_utc(zone) = zone, true)
$$;

-- Whether this is the name of an IANA zone that the server knows, in the right case. The server would also take an
-- abbreviation (CEST) or a rule (FOO5); these are refused. Two names are refused, too: localtime, because it is another zone
-- on each host, and Factory, because it says that a host's zone was never set. Only a setting shows how the server spells a
-- name. The setting ends with this function.
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

-- Checks that of every new value in a column named zone. It is not a constraint on existing rows: a zone that was known
-- when it was written must not stop a restore or a change of another column. (`update of zone` would prevent a change of
-- the column's type.)
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
