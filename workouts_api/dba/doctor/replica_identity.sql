-- Published tables without a replica identity. Their updates and deletes fail.
-- Give the table a primary key by a migration, or `alter table … replica identity full`.
select
  format('%I.%I', p.schemaname, p.tablename) as object,
  format('published by %s, without a replica identity', string_agg(p.pubname, ', ' order by p.pubname)) as finding
from pg_publication_tables as p
join pg_class as c on c.oid = format('%I.%I', p.schemaname, p.tablename)::regclass
where c.relreplident = 'n'
  or (
    c.relreplident = 'd'
    and not exists (select from pg_index as x where x.indrelid = c.oid and x.indisprimary)
  )
group by p.schemaname, p.tablename
