-- Tables most of whose updates write a new entry into every index, because the row's page has no room (not HOT).
-- Leave room in pages. It helps only if no changed column stands in an index, and for pages written from now on.
select
  s.relid::regclass::text as object,
  format(
    '%s of %s updates in place, %s indexes',
    s.n_tup_hot_upd,
    s.n_tup_upd,
    (select count(*) from pg_index as x where x.indrelid = s.relid)
  ) as finding,
  format('alter table %s set (fillfactor = 80)', s.relid::regclass) as remedy
from pg_stat_user_tables as s
join pg_class as c on c.oid = s.relid
where s.schemaname = 'workouts'
  and s.n_tup_upd > 10000
  and s.n_tup_hot_upd < s.n_tup_upd / 2
  and coalesce(array_to_string(c.reloptions, ','), '') !~ 'fillfactor'
order by s.n_tup_upd desc
