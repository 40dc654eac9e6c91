-- procrastinate's migrations since then, and who may do what with its tables: the worker signs in as the application.
-- migrate:up
set local search_path = jobs;
-- migrate:package procrastinate 02.08.00_01 to 03.04.00_50 sha256:95ba78ef853bf9a7e27c63ddf908810d00463e9c66233bd206c8c8ab1457a52f
set local search_path = workouts, extensions, pg_temp;

-- Whoever touches a table with psql or a query file fires its triggers, which name other tables without the schema.
do $$
declare
  routine regprocedure;
begin
  for routine in
    select p.oid
    from pg_proc as p
    where p.pronamespace = 'jobs'::regnamespace
  loop
    execute format('alter function %s set search_path = jobs, pg_temp', routine);
  end loop;
end
$$;

comment on schema jobs is 'Background jobs; the tables are procrastinate''s, and are written by its functions alone.';
grant usage on schema jobs to workouts_app, workouts_dba;
grant select, insert, update, delete on all tables in schema jobs to workouts_app;
grant usage, select on all sequences in schema jobs to workouts_app;
grant select on all tables in schema jobs to workouts_dba;

-- migrate:down
drop schema jobs cascade;
create schema jobs;
set local search_path = jobs;
-- migrate:package procrastinate 00.00.00_01 to 02.06.00_01 sha256:a7db5ab35a0c6678135e13dda1312c4673fda26db0de5d86526db3353b6395c7
set local search_path = workouts, extensions, pg_temp;
