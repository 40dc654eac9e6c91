-- What readiness needs to know of the database: the schema's version and the server's.
-- @column schema_version int
-- @column server_version int!
-- @column is_standby     boolean!
-- @returns one
-- @timeout 2s
-- @readonly
select (select max(m.version) from schema_migrations as m)::int as schema_version,
       current_setting('server_version_num')::int as server_version,
       pg_is_in_recovery() as is_standby
