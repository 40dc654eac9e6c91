-- Who changed what of people, teams and keys. Written by triggers of the owner alone: the application only reads.
-- migrate:up
create table audit_events (
  id          bigint generated always as identity,
  at          timestamptz not null default now(),
  actor_id    bigint,
  role        text not null default session_user,
  request_id  text not null default '',
  action      text not null,
  table_name  text not null,
  row_key     text not null,
  person_id   bigint,
  changes     jsonb not null default '{}',
  constraint audit_events_pkey primary key (id),
  constraint audit_events_action_known check (action in ('insert', 'update', 'delete'))
);
comment on table audit_events is 'Written by record_audit() of repeatable/audit.sql; queries/audit. Rows stay when what they tell of is gone.';
comment on column audit_events.actor_id is 'The user on whose behalf it was done; null: nobody was signed in.';
comment on column audit_events.role is 'The role that was signed in to the database: the application, or a person with psql.';
comment on column audit_events.person_id is 'Whose data the values are, for erase_person().';
comment on column audit_events.changes is 'By column: old and new value; null where the value is a secret, or was erased.';
create index audit_events_at_idx on audit_events (at desc, id desc);
comment on index audit_events_at_idx is 'queries/audit/list_events.sql';
create index audit_events_actor_id_idx on audit_events (actor_id, at desc, id desc);
comment on index audit_events_actor_id_idx is 'queries/audit/list_events.sql?actor_id';
create index audit_events_row_idx on audit_events (table_name, row_key, at desc, id desc);
comment on index audit_events_row_idx is 'queries/audit/list_events.sql?table';
create index audit_events_person_id_idx on audit_events (person_id) where person_id is not null;
comment on index audit_events_person_id_idx is 'erase_person()';
revoke insert, update, delete on audit_events from workouts_app;

-- migrate:down
drop table audit_events cascade;
