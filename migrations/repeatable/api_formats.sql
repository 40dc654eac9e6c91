-- The formats of values inside a reply. Each format has one place, so that reads and writes give equal replies. The
-- functions are single expressions, which the planner inlines.

-- An instant in the form of RFC 3339, in UTC, with whole seconds and Z, as for top-level columns.
create or replace function workouts.rfc3339(at timestamptz) returns text
language sql stable parallel safe
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');

create or replace function workouts.set_kind_name(kind "char") returns text
language sql immutable parallel safe
return case
  when kind in ('n', 'N', 'o') then 'normal'
  when kind in ('w', 'W', 'x') then 'warmup'
  when kind in ('d', 'D', 'e') then 'dropset'
  when kind in ('a', 'A', 'b') then 'amrap'
  else 'failure'
end;

-- A capital stands for a planned set that is not done yet.
drop function if exists workouts.set_kind(text);
create or replace function workouts.set_kind(name text, is_done boolean) returns "char"
language sql immutable parallel safe
return case name
  when 'normal' then case when is_done then 'n' else 'N' end
  when 'warmup' then case when is_done then 'w' else 'W' end
  when 'dropset' then case when is_done then 'd' else 'D' end
  when 'failure' then case when is_done then 'f' else 'F' end
  when 'amrap' then case when is_done then 'a' else 'A' end
end::"char";

-- Whether a set was done. Small letters come after capitals; "char" compares bytes.
create or replace function workouts.is_done_set(kind "char") returns boolean
language sql immutable parallel safe
return kind >= 'a'::"char";

-- The kind of a set of which something is doubtful is the next letter; of one that is not, its own.
create or replace function workouts.doubtful_kind(kind "char", is_doubtful boolean) returns "char"
language sql immutable parallel safe
return case
  when is_doubtful then translate(kind::text, 'nwdfa', 'oxegb')
  else translate(kind::text, 'oxegb', 'nwdfa')
end::"char";

-- The kind of a stored set that is written again. It stays doubtful, unless what the doubt is about has changed: then the next
-- check judges it.
create or replace function workouts.rewritten_kind(
  stored "char", stored_kg float8, stored_reps smallint, given "char", given_kg float8, given_reps smallint
) returns "char"
language sql immutable parallel safe
return workouts.doubtful_kind(
  given,
  stored in ('o', 'x', 'e', 'g', 'b')
  and stored_kg is not distinct from given_kg
  and stored_reps is not distinct from given_reps
);

-- Whether a set may set a record: it was done, is no warm-up, and nothing about it is doubtful.
create or replace function workouts.is_record_set(kind "char") returns boolean
language sql immutable parallel safe
return kind not in ('w', 'x', 'N', 'W', 'D', 'F', 'A', 'o', 'e', 'g', 'b');

-- Whether a set counts in statistics: it was done and is no warm-up. It says which kinds do not count: the
-- planner takes a range, or a list of those that do, for a few rows as long as it has no statistics, and plans badly.
create or replace function workouts.is_working_set(kind "char") returns boolean
language sql immutable parallel safe
return kind not in ('w', 'x', 'N', 'W', 'D', 'F', 'A');

-- The rating of a set that counts: its RPE, else 10 less its repetitions in reserve; null where it has neither, or more than 9
-- in reserve. All are multiples of a half: their sum is exact, so their mean is the same in any order.
create or replace function workouts.rating_of_set(kind "char", rpe float8, rir smallint) returns float8
language sql immutable parallel safe
return case when workouts.is_working_set(kind) then coalesce(rpe, case when rir <= 9 then 10 - rir end) end;

-- The place of the set that a drop set of an imported exercise follows: the last one before it that is no drop set.
create or replace function workouts.parent_of_drop(kinds "char"[], place integer) returns smallint
language sql immutable parallel safe
return (
  select max(k.place)::smallint
  from unnest(kinds) with ordinality as k (kind, place)
  where k.place < parent_of_drop.place
    and k.kind <> 'd'
);

-- Warm-ups count as sets but add no volume. Sets that are not done, and assistance (a negative weight), add none either.
create or replace function workouts.set_volume_kg(kind "char", weight_kg float8, reps smallint) returns float8
language sql immutable parallel safe
return case when kind >= 'a' and kind < 'w' and weight_kg > 0 then weight_kg * reps else 0 end;
