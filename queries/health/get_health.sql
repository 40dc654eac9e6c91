-- The state of the database for readiness: versions of schema and server, whether it takes writes, and the role's rights.
-- The role is too strong if it has the rights of a superuser or of the schema's owner.
-- @column schema_version int
-- @column server_version int!
-- @column is_read_only   boolean!
-- @column is_too_strong  boolean!
-- @returns one
-- @timeout 2s
-- @readonly
select (select max(m.version) from schema_migrations as m)::int as schema_version,
       current_setting('server_version_num')::int as server_version,
       current_setting('transaction_read_only')::boolean as is_read_only,
       (
         select pg_has_role(current_user, n.nspowner, 'usage')
         from pg_namespace as n
         where n.nspname = 'workouts'
       ) as is_too_strong
