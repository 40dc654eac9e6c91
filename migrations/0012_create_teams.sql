-- Teams and their members; athletes whom a coach keeps for want of an account; invitations.
-- migrate:up
alter table athletes
  add column kept_by bigint,
  add column notes text not null default '',
  add constraint athletes_kept_by_fkey foreign key (kept_by) references users (id) on delete cascade not valid,
  add constraint athletes_kept_without_user check (user_id is null or kept_by is null) not valid,
  add constraint athletes_notes_are_short check (length(notes) <= 20000) not valid;
comment on column athletes.kept_by is 'The user who keeps the athlete''s training until they have an account of their own; goes with that user, unless migrations/repeatable/hand_over.sql finds an heir.';
comment on column athletes.notes is 'Coaches'' own: never shown to the athlete, and in no list.';

create table teams (
  id           bigint generated always as identity,
  name         text not null,
  headquarters text not null default '',
  version      integer not null default 1,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  constraint teams_pkey primary key (id),
  constraint teams_name_is_1_to_100_long check (length(name) between 1 and 100),
  constraint teams_name_is_normal check (name is nfkc normalized),
  constraint teams_headquarters_is_short check (length(headquarters) <= 200)
);
comment on table teams is 'Who coaches whom: queries/teams/get_team.sql';
create unique index teams_name_key on teams (lower(name));
comment on index teams_name_key is 'a team''s name is taken once; queries/teams/create_team.sql';

create table team_members (
  team_id   bigint not null,
  user_id   bigint not null,
  role      text not null,
  joined_on date not null default (now() at time zone 'UTC')::date,
  constraint team_members_pkey primary key (user_id, team_id),
  constraint team_members_team_id_fkey foreign key (team_id) references teams (id) on delete cascade,
  constraint team_members_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
  constraint team_members_role_known check (role in ('owner', 'coach'))
);
comment on table team_members is 'Who coaches the team''s athletes; an owner also decides about the team. The key goes from the viewer outwards.';
comment on column team_members.joined_on is 'Who came after an athlete had left was never their coach.';
create index team_members_team_id_idx on team_members (team_id);
comment on index team_members_team_id_idx is 'foreign key; queries/teams/get_team.sql';

create table invitations (
  id          bigint generated always as identity,
  kind        text not null,
  team_id     bigint,
  athlete_id  bigint,
  invited_by  bigint not null,
  email       text,
  code_sha256 bytea,
  uses_left   integer not null default 1,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null,
  constraint invitations_pkey primary key (id),
  constraint invitations_team_id_fkey foreign key (team_id) references teams (id) on delete cascade,
  constraint invitations_athlete_id_fkey foreign key (athlete_id) references athletes (id) on delete cascade,
  constraint invitations_invited_by_fkey foreign key (invited_by) references users (id) on delete cascade,
  constraint invitations_kind_known check (kind in ('owner', 'coach', 'athlete', 'claim')),
  constraint invitations_to_one_thing check (
    num_nonnulls(team_id, athlete_id) = 1 and (kind = 'claim') = (athlete_id is not null)
  ),
  constraint invitations_email_is_an_address check (email like '_%@_%' and length(email) <= 254),
  constraint invitations_code_sha256_is_sha256 check (octet_length(code_sha256) = 32),
  constraint invitations_uses_in_range check (uses_left between 0 and 500)
);
comment on table invitations is 'Who may join a team, or claim an athlete: whoever has the code.';
comment on column invitations.email is 'Where it is mailed; null: the code is handed on by whoever invites.';
comment on column invitations.code_sha256 is 'Of the code, which is shown once; of a mailed one from when it is sent.';
create unique index invitations_code_sha256_key on invitations (code_sha256);
comment on index invitations_code_sha256_key is 'queries/invitations/find_invitation.sql, queries/invitations/accept_invitation.sql';
create index invitations_team_id_idx on invitations (team_id) where team_id is not null;
comment on index invitations_team_id_idx is 'foreign key; queries/invitations/list_invitations.sql';
create index invitations_athlete_id_idx on invitations (athlete_id) where athlete_id is not null;
comment on index invitations_athlete_id_idx is 'foreign key';
create index invitations_invited_by_idx on invitations (invited_by);
comment on index invitations_invited_by_idx is 'foreign key; queries/invitations/list_invitations.sql';
create index invitations_expires_at_idx on invitations (expires_at);
comment on index invitations_expires_at_idx is 'deleting what expired long ago';

-- migrate:down
drop function if exists hand_over_before_delete cascade;  -- with its trigger on users, which stay
drop table invitations cascade;
drop table team_members cascade;
drop table teams cascade;
alter table athletes
  drop column notes cascade,
  drop column kept_by cascade;
