-- Users, the devices they are signed in on, and the athletes whose training is kept.
-- migrate:up
create extension if not exists pg_trgm with schema extensions;
create extension if not exists btree_gist with schema extensions;

grant usage on schema workouts, extensions to workouts_app, workouts_dba;
alter default privileges in schema workouts grant select, insert, update, delete on tables to workouts_app;
alter default privileges in schema workouts grant usage, select on sequences to workouts_app;

create table users (
  id            bigint generated always as identity,
  email         text not null,
  username      text not null,
  full_name     text not null default '',
  password_hash text,
  is_active     boolean not null default true,
  is_superuser  boolean not null default false,
  version       integer not null default 1,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  constraint users_pkey primary key (id),
  constraint users_email_is_short check (length(email) <= 254),
  constraint users_email_has_an_at check (email like '_%@_%'),
  constraint users_email_is_normal check (email is nfkc normalized),
  constraint users_username_is_2_to_64_long check (length(username) between 2 and 64),
  constraint users_username_has_no_at check (username not like '%@%'),
  constraint users_username_is_normal check (username is nfkc normalized),
  constraint users_full_name_is_short check (length(full_name) <= 200)
);
comment on table users is 'Who can sign in. Sign-in is by e-mail or username; a username has no @, so that the two never meet.';
comment on column users.password_hash is 'argon2id; null: invited and not yet claimed.';
create unique index users_email_key on users (lower(email));
comment on index users_email_key is 'queries/auth/find_user_for_login.sql, queries/auth/register_user.sql';
create unique index users_username_key on users (lower(username));
comment on index users_username_key is 'queries/auth/find_user_for_login.sql, queries/auth/register_user.sql';

create table logins (
  id            bigint generated always as identity,
  user_id       bigint not null,
  refresh_hash  bytea not null,
  refresh_count integer not null default 0,
  device        text not null default '',
  address       inet,
  created_at    timestamptz not null default now(),
  refreshed_at  timestamptz not null default now(),
  expires_at    timestamptz not null,
  revoked_at    timestamptz,
  revoked_why   text,
  constraint logins_pkey primary key (id),
  constraint logins_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
  constraint logins_refresh_hash_is_sha256 check (octet_length(refresh_hash) = 32),
  constraint logins_device_is_short check (length(device) <= 300),
  constraint logins_revoked_why_known check (revoked_why in ('logout', 'reuse', 'password', 'administrator')),
  constraint logins_revoked_with_reason check ((revoked_at is null) = (revoked_why is null))
) with (fillfactor = 80);
comment on table logins is 'One row for each device and its family of refresh tokens; the guard looks here on every request.';
comment on column logins.refresh_hash is 'sha256 of the newest refresh token only: an older one is told by its count.';
comment on column logins.refreshed_at is 'The last sign of life. Written at refresh, never by the guard: reads stay reads.';
create index logins_user_id_idx on logins (user_id) where revoked_at is null;
comment on index logins_user_id_idx is 'foreign key; signing out everywhere';
create index logins_expires_at_idx on logins (expires_at);
comment on index logins_expires_at_idx is 'deleting what expired long ago';

create table athletes (
  id         bigint generated always as identity,
  user_id    bigint,
  name       text not null,
  born_on    date,
  sex        text,
  height_cm  double precision,
  zone       text not null default 'UTC',
  week_start smallint not null default 1,
  version    integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint athletes_pkey primary key (id),
  constraint athletes_user_id_key unique (user_id),
  constraint athletes_user_id_fkey foreign key (user_id) references users (id) on delete set null,
  constraint athletes_name_is_1_to_200_long check (length(name) between 1 and 200),
  constraint athletes_sex_known check (sex in ('female', 'male', 'other')),
  constraint athletes_height_in_range check (height_cm > 20 and height_cm < 300),
  constraint athletes_week_start_is_iso check (week_start between 1 and 7)
);
comment on table athletes is 'Whose training it is. Every user who trains has one; a coach may keep athletes without a user.';
comment on column athletes.zone is 'IANA zone: times without an offset, as in imported files, are local times there.';
comment on column athletes.week_start is 'ISO: 1 Monday … 7 Sunday.';

-- migrate:down
drop table athletes cascade;
drop table logins cascade;
drop table users cascade;
alter default privileges in schema workouts revoke select, insert, update, delete on tables from workouts_app;
alter default privileges in schema workouts revoke usage, select on sequences from workouts_app;
revoke usage on schema workouts, extensions from workouts_app, workouts_dba;
drop extension btree_gist;
drop extension pg_trgm;
