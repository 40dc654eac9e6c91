-- Room for connections, clock and encryption: asked of a server whose schema is not known yet.
select
  clock_timestamp() as at,
  current_setting('server_version_num')::int as server_version,
  current_setting('max_connections')::int as max_connections,
  (
    current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true), '0')::int
  ) as reserved,
  r.rolconnlimit as role_limit,
  d.datconnlimit as database_limit,
  (select sum(s.numbackends) from pg_stat_database as s)::int as connections,
  coalesce((select s.ssl from pg_stat_ssl as s where s.pid = pg_backend_pid()), false) as is_encrypted
from pg_roles as r
cross join pg_database as d
where r.rolname = current_user
  and d.datname = current_database()
