-- Foreign keys without an index that begins with a column of theirs. A delete of what they name reads the whole table.
-- Make the index, if such rows are ever deleted.
select
  format('%s of %s', k.conname, k.conrelid::regclass) as object,
  format(
    'no index of %s begins with %s',
    k.conrelid::regclass,
    string_agg(a.attname, ', ' order by u.place)
  ) as finding,
  format(
    'create index concurrently %s_idx on %s (%s)',
    replace(k.conname, '_fkey', ''),
    k.conrelid::regclass,
    string_agg(quote_ident(a.attname), ', ' order by u.place)
  ) as remedy
from pg_constraint as k
cross join lateral unnest(k.conkey) with ordinality as u (attnum, place)
join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.attnum
where k.contype = 'f'
  and k.connamespace = 'workouts'::regnamespace
  and not exists (
    select
    from pg_index as x
    where x.indrelid = k.conrelid
      and x.indisvalid
      and x.indkey[0] = any(k.conkey)
  )
group by k.conname, k.conrelid
order by k.conrelid::regclass::text, k.conname
