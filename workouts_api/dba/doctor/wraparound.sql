-- Databases whose oldest transaction is older than autovacuum should let it become. At two billion the server stops.
-- Look for long transactions, prepared transactions and replication slots that hold vacuum back; then `vacuum freeze`.
select
  d.datname::text as object,
  format('its oldest transaction is %s old, autovacuum_freeze_max_age is %s', age(d.datfrozenxid), m.setting) as finding
from pg_database as d
join pg_settings as m on m.name = 'autovacuum_freeze_max_age'
where age(d.datfrozenxid) > m.setting::bigint * 1.2
