-- How rows look inside a reply. One place for each shape, so that reading and writing answer alike; the functions are
-- single expressions, which the planner inlines.

-- An instant as RFC 3339 in UTC, whole seconds, with Z: as top-level columns leave.
create or replace function workouts.rfc3339(at timestamptz) returns text
language sql stable parallel safe
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');

create or replace function workouts.set_kind_name(kind "char") returns text
language sql immutable parallel safe
return case kind when 'n' then 'normal' when 'w' then 'warmup' when 'd' then 'dropset' else 'failure' end;

create or replace function workouts.set_kind(name text) returns "char"
language sql immutable parallel safe
return case name
  when 'normal' then 'n'
  when 'warmup' then 'w'
  when 'dropset' then 'd'
  when 'failure' then 'f'
end::"char";

-- Warm-ups are sets, but no volume; assistance (a negative weight) lifts nothing.
create or replace function workouts.set_volume_kg(kind "char", weight_kg float8, reps smallint) returns float8
language sql immutable parallel safe
return case when kind <> 'w' and weight_kg > 0 then weight_kg * reps else 0 end;
