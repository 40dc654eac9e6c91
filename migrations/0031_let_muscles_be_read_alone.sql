-- The application reads muscles; the catalogue of repeatable/exercise_catalogue.sql writes them, as the owner.
-- migrate:up
revoke insert, update, delete on muscles from workouts_app;

-- migrate:down
grant insert, update, delete on muscles to workouts_app;
