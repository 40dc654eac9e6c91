-- What the role of the DBA's console may do: asked of a server whose schema is not known yet.
select
  current_user::text as role,
  r.rolsuper or exists (
    select
    from pg_namespace as n
    where n.nspname = 'workouts'
      and pg_has_role(current_user, n.nspowner, 'member')
  ) as is_too_strong,
  current_setting('default_transaction_read_only')::boolean as is_read_only,
  pg_has_role(current_user, 'pg_monitor', 'usage') as may_monitor
from pg_roles as r
where r.rolname = current_user
