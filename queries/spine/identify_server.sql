-- Which database of which server this is a copy of: a standby has both numbers of its primary. No other database has both.
-- @returns value
-- @column identity text!
-- @readonly
select format('%s/%s', s.system_identifier, d.oid) as identity
from pg_control_system() as s
cross join pg_database as d
where d.datname = current_database()
