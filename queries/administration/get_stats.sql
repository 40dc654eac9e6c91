-- Counts the users, those of each kind, and the new ones.
-- @column total_users     bigint!
-- @column active_users    bigint!
-- @column inactive_users  bigint!
-- @column superusers      bigint!
-- @column new_users_today bigint!
-- @column new_users_week  bigint!
-- @column timestamp       timestamptz!
-- @returns one
-- @plan generic
-- @readonly
-- @budget run: buffers<=20
-- Days are days in UTC. A week is today and the six days before.
select
  coalesce(sum(d.users), 0)::bigint as total_users,
  coalesce(sum(d.active), 0)::bigint as active_users,
  coalesce(sum(d.users - d.active), 0)::bigint as inactive_users,
  coalesce(sum(d.superusers), 0)::bigint as superusers,
  coalesce(sum(d.users) filter (where d.created_on >= current_date), 0)::bigint as new_users_today,
  coalesce(sum(d.users) filter (where d.created_on > current_date - 7), 0)::bigint as new_users_week,
  statement_timestamp() as timestamp
from user_days as d
