-- Which server this is a copy of: a standby has the number of its primary, and no other server has it.
-- @returns value
-- @column system_identifier bigint!
-- @readonly
select s.system_identifier
from pg_control_system() as s
