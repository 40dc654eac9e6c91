-- The four roles, made once per cluster by a superuser, in psql or by `make run`. Safe to run again; run in the
-- application's database as well, it makes the statistics of statements there.
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

-- A refusal of the API is an error raised in a statement: its message is logged, and the statement is not, since each would
-- put hundreds of lines into the log. Only a superuser may set this; some services keep it from everybody.
do $roles$
begin
  alter role workouts_app set log_min_error_statement = 'panic';
exception
  when insufficient_privilege then
    raise notice 'the statements of refused requests will be logged: %', sqlerrm;
end
$roles$;

-- Owns every object; nobody signs in as it. The migrator becomes it by `set role`.
grant workouts_owner to workouts_migrator;

-- So that the migration runner can say who holds the lock that it waits for, and for how long.
grant pg_read_all_stats to workouts_owner;

-- Reads statistics, plans and every table; writes nothing by accident: even where a write is allowed, a transaction must
-- first say that it is one.
grant pg_monitor, pg_read_all_data to workouts_dba;
alter role workouts_dba set default_transaction_read_only = on;

-- Becomes the application by `set role`, to explain and check any query file with its rights, in a transaction that is
-- rolled back. Before PostgreSQL 16 a membership passes its rights on without `set role` as well.
do $roles$
begin
  if current_setting('server_version_num')::integer >= 160000 then
    execute 'grant workouts_app to workouts_dba with inherit false, set true';
  else
    grant workouts_app to workouts_dba;
  end if;
end
$roles$;

-- Sees the plans of statements in functions: auto_explain is loaded into this role's connections alone, and logs nothing
-- until the role asks. Some services keep it from everybody; then only the plans of the files themselves are seen.
do $roles$
begin
  load 'auto_explain';
  alter role workouts_dba set session_preload_libraries = 'auto_explain';
  grant set on parameter
    auto_explain.log_min_duration, auto_explain.log_nested_statements, auto_explain.log_analyze,
    auto_explain.log_buffers, auto_explain.log_timing, auto_explain.log_format, auto_explain.log_level
  to workouts_dba;
exception
  when insufficient_privilege or undefined_file then
    raise notice 'auto_explain is not to be had: %', sqlerrm;
end
$roles$;

-- What the DBA tries by explain, compare and budget is not counted among the application's calls.
do $roles$
begin
  grant set on parameter pg_stat_statements.track to workouts_dba;
exception
  when insufficient_privilege then
    raise notice 'what the DBA tries is counted too: %', sqlerrm;
end
$roles$;

-- What statements cost, in the database that this runs in. It counts where the server loads it
-- (shared_preload_libraries = 'pg_stat_statements').
do $roles$
begin
  if exists (select from pg_database where datname = current_database() and datdba = 'workouts_owner'::regrole) then
    create schema if not exists extensions authorization workouts_owner;
    create extension if not exists pg_stat_statements with schema extensions;
  else
    create extension if not exists pg_stat_statements;
  end if;
exception
  when insufficient_privilege or undefined_file or feature_not_supported then
    raise notice 'pg_stat_statements is not to be had: %', sqlerrm;
end
$roles$;

-- What a new database lets everybody do and the application needs not: temporary tables and large objects. Such rights
-- belong to a database, and neither a clone nor a restore has them; so this runs in each that is made.
do $roles$
begin
  if exists (select from pg_database where datname = current_database() and datdba = 'workouts_owner'::regrole) then
    execute format('revoke temporary on database %I from public', current_database());
    execute format('grant temporary on database %I to workouts_dba', current_database());
    revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public;
  end if;
exception
  when insufficient_privilege then
    raise notice 'rights in this database are not taken away: %', sqlerrm;
end
$roles$;

-- As role settings they hold behind a pooler too and cost no trip.
alter role workouts_app set search_path = workouts, extensions, pg_temp;
alter role workouts_migrator set search_path = workouts, extensions, pg_temp;
alter role workouts_dba set search_path = workouts, extensions, pg_temp;
alter role workouts_app set timezone = 'UTC';  -- instants leave as they are stored, with a Z
alter role workouts_app set jit = off;  -- measured: the training report takes 21 ms without it, 869 with
alter role workouts_dba set jit = off;  -- so that explain shows the application's plan
alter role workouts_app set idle_in_transaction_session_timeout = '30s';
alter role workouts_app set statement_timeout = '60s';  -- the guard sets a tighter one for every request
