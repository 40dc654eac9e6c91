-- What is unlikely about recorded training is kept and asked about.
-- migrate:up
create table doubts (
  id                 bigint generated always as identity,
  athlete_id         bigint not null,
  session_id         bigint not null,
  local_on           date not null,
  exercise_no        smallint not null default 0,
  set_no             smallint not null default 0,
  clears_times       boolean not null default false,
  rule               text not null,
  unit               text not null,
  state              text not null default 'open',
  value              double precision not null,
  usual              double precision,
  proposed_weight_kg double precision,
  proposed_ended_at  timestamptz,
  before             jsonb,
  found_at           timestamptz not null default now(),
  decided_at         timestamptz,
  constraint doubts_pkey primary key (id),
  constraint doubts_once_a_rule unique (session_id, exercise_no, set_no, rule),
  constraint doubts_session_fkey foreign key (session_id, athlete_id, local_on)
    references sessions (id, athlete_id, local_on) on update cascade on delete cascade,
  constraint doubts_exercise_no_in_range check (exercise_no between 0 and 1000),
  constraint doubts_set_no_in_range check (set_no between 0 and 1000),
  constraint doubts_rule_known check (
    rule in (
      'many_reps', 'too_heavy', 'unit_slip', 'digit_slip', 'world_best', 'e1rm_jump',
      'future', 'double', 'overlap', 'long_session', 'short_rests'
    )
  ),
  constraint doubts_unit_known check (unit in ('kg', 'reps', 'h', 'sets')),
  constraint doubts_state_known check (state in ('open', 'kept', 'accepted', 'fixed', 'deleted')),
  constraint doubts_are_decided_at_a_time check ((state = 'open') = (decided_at is null))
);
comment on table doubts is 'What is unlikely, by rule: of a set, or with exercise_no 0 of a session. migrations/repeatable/session_doubts.sql';
comment on column doubts.value is 'What was found, in unit; a decision holds as long as it stays.';
comment on column doubts.clears_times is 'Whether the proposal is to forget when the sets were done.';
comment on column doubts.before is 'What was stored before the decision, for undoing it.';
create index doubts_list_idx on doubts (athlete_id, (state = 'open'), id);
comment on index doubts_list_idx is 'queries/sessions/list_doubts.sql';

create table session_checks (
  session_id bigint not null,
  version    integer not null,
  constraint session_checks_pkey primary key (session_id),
  constraint session_checks_session_id_fkey foreign key (session_id) references sessions (id) on delete cascade
);
comment on table session_checks is 'The version at which a session was looked through for doubts; queries/jobs/check_sessions.sql';

-- migrate:down
drop table session_checks;
drop table doubts cascade;
