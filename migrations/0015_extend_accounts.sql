-- Accounts in full: refresh tokens that a lost reply does not waste, tokens that are mailed, registrations that wait for
-- a confirmation, brakes on guessing, and the proofs that erased accounts leave.
-- migrate:up
alter table users add column email_verified_at timestamptz;
comment on column users.email_verified_at is 'When its owner answered a mail sent there; null: nobody has.';
comment on column users.password_hash is 'argon2id, or bcrypt from an older system until the next sign-in; null: invited and not yet claimed.';

alter table logins
add column previous_hash bytea constraint logins_previous_hash_is_sha256 check (octet_length(previous_hash) = 32);
comment on column logins.refresh_hash is 'sha256 of the id (jti) of the newest refresh token.';
comment on column logins.previous_hash is 'The same of the token that refreshed_at replaced: it answers for 60 s more.';

create table registrations (
  id            bigint generated always as identity,
  email         text not null,
  username      text not null,
  full_name     text not null,
  zone          text not null,
  password_hash text not null,
  token_sha256  bytea,
  created_at    timestamptz not null default now(),
  expires_at    timestamptz not null,
  constraint registrations_pkey primary key (id),
  constraint registrations_email_is_short check (length(email) <= 254),
  constraint registrations_email_is_normal check (email is nfkc normalized),
  constraint registrations_username_is_2_to_64_long check (length(username) between 2 and 64),
  constraint registrations_username_has_no_at check (username not like '%@%'),
  constraint registrations_username_is_normal check (username is nfkc normalized),
  constraint registrations_full_name_is_short check (length(full_name) <= 200),
  constraint registrations_token_sha256_is_sha256 check (octet_length(token_sha256) = 32)
);
comment on table registrations is 'Who has registered and not yet confirmed their e-mail address (VERIFY_EMAIL): no user yet, but the username is held. Whether the address is taken cannot be seen from outside.';
comment on column registrations.token_sha256 is 'Of the newest token that was mailed; null: none was yet, or the address is a user''s already.';
create unique index registrations_username_key on registrations (lower(username));
comment on index registrations_username_key is 'queries/auth/request_registration.sql';
create unique index registrations_token_sha256_key on registrations (token_sha256);
comment on index registrations_token_sha256_key is 'queries/auth/confirm_email.sql';
create index registrations_email_idx on registrations (lower(email));
comment on index registrations_email_idx is 'queries/mail/prepare_verification.sql';
create index registrations_expires_at_idx on registrations (expires_at);
comment on index registrations_expires_at_idx is 'queries/jobs/delete_old_registrations.sql';

create table user_tokens (
  sha256     bytea not null,
  user_id    bigint not null,
  purpose    text not null,
  email      text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at    timestamptz,
  constraint user_tokens_pkey primary key (sha256),
  constraint user_tokens_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
  constraint user_tokens_sha256_is_sha256 check (octet_length(sha256) = 32),
  constraint user_tokens_purpose_known check (purpose in ('reset_password', 'verify_email')),
  constraint user_tokens_email_is_short check (length(email) <= 254),
  constraint user_tokens_email_is_normal check (email is nfkc normalized)
);
comment on table user_tokens is 'Tokens that were mailed, each for one use; the worker makes them when it sends, and only their digests are kept.';
comment on column user_tokens.email is 'Where it was sent: what a verification confirms.';
create index user_tokens_user_id_idx on user_tokens (user_id, purpose);
comment on index user_tokens_user_id_idx is 'foreign key; queries/auth/change_password.sql, queries/auth/reset_password.sql';
create index user_tokens_expires_at_idx on user_tokens (expires_at);
comment on index user_tokens_expires_at_idx is 'queries/jobs/delete_old_tokens.sql';

create unlogged table throttles (
  key     bytea not null,
  level   double precision not null,
  last_at timestamptz not null,
  constraint throttles_pkey primary key (key),
  constraint throttles_key_is_sha256 check (octet_length(key) = 32),
  constraint throttles_level_is_not_negative check (level >= 0)
) with (fillfactor = 70);
comment on table throttles is 'How much was guessed or mailed lately, by account, by address, by both; migrations/repeatable/throttles.sql. A crash may empty it.';
comment on column throttles.level is 'Wrong guesses or mails, draining with time.';
create index throttles_last_at_idx on throttles (last_at);
comment on index throttles_last_at_idx is 'queries/jobs/delete_old_throttles.sql';

create table erasures (
  id         bigint generated always as identity,
  user_id    bigint not null,
  erased_at  timestamptz not null default now(),
  request_id text not null,
  deleted    json not null,
  anonymised json not null,
  constraint erasures_pkey primary key (id)
);
comment on table erasures is 'That an account was erased, and how many rows of which tables that took: a number, no person.';
comment on column erasures.user_id is 'Whose id it was; it is never given again.';
revoke update, delete, truncate on erasures from workouts_app;

-- migrate:down
drop table erasures cascade;
drop table throttles cascade;
drop table user_tokens cascade;
drop table registrations cascade;
alter table logins drop column previous_hash;
comment on column logins.refresh_hash is 'sha256 of the newest refresh token only: an older one is told by its count.';
comment on column users.password_hash is 'argon2id; null: invited and not yet claimed.';
alter table users drop column email_verified_at;
