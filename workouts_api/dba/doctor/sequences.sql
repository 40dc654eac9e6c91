-- Sequences that have used half of their numbers. When none are left, every insert fails.
-- Change the column to bigint by a migration, before the last number is used.
select
  format('%I.%I', s.schemaname, s.sequencename) as object,
  format('%s %% of its numbers are used', round(100.0 * s.last_value / s.max_value, 1)) as finding
from pg_sequences as s
where s.schemaname !~ '^pg_'
  and s.last_value > s.max_value / 2
order by s.last_value::numeric / s.max_value desc
