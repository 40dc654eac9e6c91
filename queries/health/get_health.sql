-- What readiness needs to know of the database: the schema's version and the server's, and whether it can be written.
-- @column schema_version int
-- @column server_version int!
-- @column is_read_only   boolean!
-- @returns one
-- @timeout 2s
-- @readonly
select (select max(m.version) from schema_migrations as m)::int as schema_version,
       current_setting('server_version_num')::int as server_version,
       current_setting('transaction_read_only')::boolean as is_read_only
