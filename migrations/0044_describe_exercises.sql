-- Exercises say what is recorded of a set, whose load that is, and which of 25 muscles they work.
-- migrate:up
alter table exercises
  add column tracking text not null default 'weight_reps',
  add column bodyweight_factor double precision,
  add column is_per_hand boolean not null default false,
  add column is_one_sided boolean not null default false,
  add constraint exercises_tracking_known check (tracking in (
    'weight_reps', 'reps', 'bodyweight_reps', 'time', 'weight_time', 'distance_time', 'weight_distance', 'custom'
  )) not valid,
  add constraint exercises_bodyweight_factor_in_range check (bodyweight_factor >= 0.01 and bodyweight_factor <= 1.5)
  not valid,
  add constraint exercises_bodyweight_factor_is_of_bodyweight check (
    bodyweight_factor is null or tracking = 'bodyweight_reps'
  ) not valid;
comment on column exercises.tracking is 'What is recorded of a set. bodyweight_reps: the weight is added to the body''s, or helps (below 0).';
comment on column exercises.bodyweight_factor is 'The part of the bodyweight that is lifted; null: unknown.';
comment on column exercises.is_per_hand is 'A set''s weight is what one hand holds; the other holds as much at the same time.';
comment on column exercises.is_one_sided is 'One arm or leg works at a time; a set''s reps are those of one side.';

create table muscle_codes (
  code         text not null,
  muscle_group text not null,
  muscle       text,
  is_usual     boolean not null default false,
  constraint muscle_codes_pkey primary key (code),
  constraint muscle_codes_group_known check (
    muscle_group in ('chest', 'shoulders', 'arms', 'back', 'core', 'legs', 'neck')
  )
);
comment on table muscle_codes is 'The 25 muscles, each in a group; a new one is a migration.';
comment on column muscle_codes.muscle is 'The name in muscles of which it is a part; null: of none.';
comment on column muscle_codes.is_usual is 'It stands for that name where only the name is known.';
revoke insert, update, delete on muscle_codes from workouts_app;

insert into muscle_codes (code, muscle_group, muscle, is_usual)
values
  ('chest_upper', 'chest', 'chest', false),
  ('chest_mid', 'chest', 'chest', true),
  ('delt_front', 'shoulders', 'shoulders', true),
  ('delt_side', 'shoulders', 'shoulders', false),
  ('delt_rear', 'shoulders', 'shoulders', false),
  ('rotator_cuff', 'shoulders', 'shoulders', false),
  ('triceps', 'arms', 'triceps', true),
  ('biceps', 'arms', 'biceps', true),
  ('forearms', 'arms', 'forearms', true),
  ('lats', 'back', 'lats', true),
  ('upper_back', 'back', 'upper back', true),
  ('traps_upper', 'back', 'traps', true),
  ('lower_back', 'back', 'lower back', true),
  ('abs', 'core', 'abdominals', true),
  ('obliques', 'core', 'obliques', true),
  ('serratus', 'core', null, false),
  ('quads', 'legs', 'quadriceps', true),
  ('hamstrings', 'legs', 'hamstrings', true),
  ('glutes', 'legs', 'glutes', true),
  ('abductors', 'legs', 'abductors', true),
  ('adductors', 'legs', 'adductors', true),
  ('hip_flexors', 'legs', 'quadriceps', false),
  ('calves', 'legs', 'calves', true),
  ('tibialis', 'legs', 'calves', false),
  ('neck', 'neck', 'neck', true);

create table exercise_muscle_shares (
  exercise_id bigint not null,
  code        text not null,
  share       double precision not null,
  constraint exercise_muscle_shares_pkey primary key (exercise_id, code) include (share),
  constraint exercise_muscle_shares_exercise_id_fkey foreign key (exercise_id) references exercises (id)
    on delete cascade,
  constraint exercise_muscle_shares_code_fkey foreign key (code) references muscle_codes (code),
  constraint exercise_muscle_shares_share_in_range check (share >= 0.000001 and share <= 1)
);
comment on table exercise_muscle_shares is 'The muscles of an exercise by code; exercise_muscles has them by the 18 names of before.';
comment on column exercise_muscle_shares.share is 'How much of a set counts for the muscle: direct 1, indirect 0.5.';
create index exercise_muscle_shares_code_idx on exercise_muscle_shares (code);
comment on index exercise_muscle_shares_code_idx is 'foreign key';

-- migrate:down
drop table exercise_muscle_shares cascade;
drop table muscle_codes cascade;
alter table exercises
  drop column is_one_sided,
  drop column is_per_hand,
  drop column bodyweight_factor,
  drop column tracking;
