-- Prepared transactions. The application makes none; one that is forgotten holds its locks and holds vacuum back.
-- End it: `rollback prepared 'its name'`.
select
  p.gid as object,
  format('prepared at %s by %s', to_char(p.prepared at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), p.owner) as finding
from pg_prepared_xacts as p
where p.database = current_database()
