-- Sets remember by which device, and at which version of their session, they were last written.
-- migrate:up
create table set_edits (
  session_id  bigint not null,
  exercise_no smallint not null,
  set_no      smallint not null,
  version     integer not null,
  device      text,
  seen        jsonb not null default '{}',
  constraint set_edits_pkey primary key (session_id, exercise_no, set_no),
  constraint set_edits_session_id_fkey foreign key (session_id) references sessions (id) on delete cascade,
  constraint set_edits_exercise_no_in_range check (exercise_no between 1 and 1000),
  constraint set_edits_set_no_in_range check (set_no between 1 and 1000),
  constraint set_edits_device_is_short check (length(device) <= 36)
) with (fillfactor = 90);
comment on table set_edits is 'One row a set that was written alone or replaced; without its row in sets, it was deleted. queries/sessions/write_sets.sql';
comment on column set_edits.version is 'The session''s version that this change made.';
comment on column set_edits.device is 'Who wrote it last; null: a request that named no device.';
comment on column set_edits.seen is 'The highest number that came from each device: an older one never wins.';

-- migrate:down
drop table set_edits;
