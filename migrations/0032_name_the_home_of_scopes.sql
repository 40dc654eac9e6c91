-- Where the scopes of API keys stand since the code moved: a file that was applied never changes, so it is said here.
-- migrate:up
comment on column api_keys.scopes is 'Which routes it opens; workouts_api/web/scopes.py has them all.';

-- migrate:down
comment on column api_keys.scopes is 'Which routes it opens; workouts_api/scopes.py has them all.';
