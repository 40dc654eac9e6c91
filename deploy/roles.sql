-- The four roles, made once per cluster by a superuser, in psql or by `make run`. Safe to run again.
-- Passwords and pg_hba.conf are the DBA's: `alter role workouts_app password '…'` or peer, certificate, SCRAM.
do $roles$
begin
  if not exists (select from pg_roles where rolname = 'workouts_owner') then
    create role workouts_owner nologin;
  end if;
  if not exists (select from pg_roles where rolname = 'workouts_migrator') then
    create role workouts_migrator login;
  end if;
  if not exists (select from pg_roles where rolname = 'workouts_app') then
    create role workouts_app login;
  end if;
  if not exists (select from pg_roles where rolname = 'workouts_dba') then
    create role workouts_dba login;
  end if;
end
$roles$;

-- Whoever made the role before, and however: production refuses a superuser's.
alter role workouts_app nosuperuser nocreatedb nocreaterole noreplication nobypassrls;

-- Owns every object; nobody signs in as it. The migrator becomes it by `set role`.
grant workouts_owner to workouts_migrator;

-- So that the migration runner can say who holds the lock that it waits for, and for how long.
grant pg_read_all_stats to workouts_owner;

-- Reads statistics, plans and every table, and can run any query file in a rolled-back transaction.
grant pg_monitor, pg_read_all_data to workouts_dba;

-- As role settings they hold behind a pooler too and cost no trip.
alter role workouts_app set search_path = workouts, extensions, pg_temp;
alter role workouts_migrator set search_path = workouts, extensions, pg_temp;
alter role workouts_dba set search_path = workouts, extensions, pg_temp;
alter role workouts_app set timezone = 'UTC';  -- instants leave as they are stored, with a Z
alter role workouts_app set jit = off;  -- measured: the training report takes 21 ms without it, 869 with
alter role workouts_dba set jit = off;  -- so that explain shows the application's plan
alter role workouts_app set idle_in_transaction_session_timeout = '30s';
alter role workouts_app set statement_timeout = '60s';  -- the guard sets a tighter one for every request
