-- Which database of which server this is a copy of: a standby has its primary's number, and the database its name.
-- @returns value
-- @column identity text!
-- @readonly
select format('%s/%s', s.system_identifier, current_database()) as identity
from pg_control_system() as s
