-- The formats of values inside a reply. Each format has one place, so that reads and writes give equal replies. The
-- functions are single expressions, which the planner inlines.

-- An instant in the form of RFC 3339, in UTC, with whole seconds and Z, as for top-level columns.
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

-- Warm-ups count as sets but add no volume. Assistance (a negative weight) adds no volume either.
create or replace function workouts.set_volume_kg(kind "char", weight_kg float8, reps smallint) returns float8
language sql immutable parallel safe
return case when kind <> 'w' and weight_kg > 0 then weight_kg * reps else 0 end;
