-- The days on which an athlete is in a team: just those that its coaches see of the training.
-- migrate:up
alter table athletes validate constraint athletes_kept_by_fkey;
alter table athletes validate constraint athletes_kept_without_user;
alter table athletes validate constraint athletes_notes_are_short;

create table team_athletes (
  id            bigint generated always as identity,
  team_id       bigint not null,
  athlete_id    bigint not null,
  athlete_name  text not null,
  joined_on     date not null,
  left_on       date,
  keeps_history boolean not null default true,
  member_days   daterange generated always as (
    -- without the case, a wrong end would be an error of the range before it is one of the constraint
    case when left_on is null or left_on >= joined_on then daterange(joined_on, left_on, '[)') end
  ) stored,
  constraint team_athletes_pkey primary key (id),
  constraint team_athletes_team_id_fkey foreign key (team_id) references teams (id) on delete cascade,
  constraint team_athletes_athlete_id_fkey foreign key (athlete_id, athlete_name) references athletes (id, name)
    on update cascade on delete cascade,
  constraint team_athletes_left_after_joined check (left_on >= joined_on),
  constraint team_athletes_days_in_range check (
    joined_on between '1900-01-01' and '2200-01-01' and left_on between '1900-01-01' and '2200-01-01'
  ),
  constraint team_athletes_once_a_day exclude using gist (
    team_id with =, athlete_id with =, member_days with &&
  ),
  constraint team_athletes_name_once_a_day exclude using gist (
    team_id with =, lower(athlete_name) with =, member_days with &&
  )
);
comment on table team_athletes is 'One row a stay: migrations/repeatable/visibility.sql says what it lets coaches see.';
comment on column team_athletes.athlete_name is 'A copy, held true by the foreign key: no two athletes of a name are in a team at a time.';
comment on column team_athletes.left_on is 'The first day on which the athlete is not in the team any more; null: still in it.';
comment on column team_athletes.keeps_history is 'After leaving: whether those who coached the athlete then go on seeing these days. The athlete''s choice.';
create index team_athletes_athlete_id_idx on team_athletes (athlete_id, team_id);
comment on index team_athletes_athlete_id_idx is 'foreign key; migrations/repeatable/visibility.sql for one athlete';
create index team_athletes_team_id_idx on team_athletes (team_id, athlete_id);
comment on index team_athletes_team_id_idx is 'foreign key; queries/teams/get_team.sql, queries/athletes/list_athletes.sql';

-- migrate:down
drop table team_athletes cascade;
alter table athletes
  drop constraint athletes_notes_are_short,
  drop constraint athletes_kept_without_user,
  drop constraint athletes_kept_by_fkey;
alter table athletes
  add constraint athletes_kept_by_fkey foreign key (kept_by) references users (id) on delete cascade not valid,
  add constraint athletes_kept_without_user check (user_id is null or kept_by is null) not valid,
  add constraint athletes_notes_are_short check (length(notes) <= 20000) not valid;
