-- Background jobs are procrastinate's, in a schema of their own: its migrations up to the one whose new values of an
-- enumeration PostgreSQL 15 lets nobody use before they are committed.
-- migrate:up
create schema jobs;
set local search_path = jobs;
-- migrate:package procrastinate 00.00.00_01 to 02.06.00_01 sha256:a7db5ab35a0c6678135e13dda1312c4673fda26db0de5d86526db3353b6395c7
set local search_path = workouts, extensions, pg_temp;

-- migrate:down
drop schema jobs cascade;
