-- What is measured and felt on a day: body, heart, sleep, wellness, pain. One value of a kind a day.
-- migrate:up
create table value_kinds (
  code       text not null,
  unit       text not null,
  lowest     double precision not null,
  highest    double precision not null,
  is_whole   boolean not null default false,
  instrument text,
  better     text,
  constraint value_kinds_pkey primary key (code),
  constraint value_kinds_better_known check (better in ('higher', 'lower')),
  constraint value_kinds_range_is_one check (lowest < highest)
);
comment on table value_kinds is 'The kinds of day_values, each with unit and range; a new one is a migration.';
comment on column value_kinds.instrument is 'The questionnaire that an item belongs to, whose items are added up together.';
comment on column value_kinds.better is 'The direction of a scale; null: neither end is better by itself.';
revoke insert, update, delete on value_kinds from workouts_app;

-- 17 of the body; bodyweight as the impossible is told from the unlikely. Hooper & Mackinnon 1995: 1 very, very good to 7 very,
-- very bad. McLean et al. 2010: 1 bad to 5 good. Pain: numeric rating scale from 0 to 10. Availability: 0 none, 1 modified,
-- 2 full training.
insert into value_kinds (code, unit, lowest, highest, is_whole, instrument, better)
values
  ('weight_kg', 'kg', 25, 650, false, null, null),
  ('body_fat_pct', '%', 1, 75, false, null, null),
  ('lean_mass_kg', 'kg', 10, 400, false, null, null),
  ('neck_cm', 'cm', 10, 100, false, null, null),
  ('shoulders_cm', 'cm', 30, 300, false, null, null),
  ('chest_cm', 'cm', 30, 300, false, null, null),
  ('left_biceps_cm', 'cm', 5, 120, false, null, null),
  ('right_biceps_cm', 'cm', 5, 120, false, null, null),
  ('left_forearm_cm', 'cm', 5, 100, false, null, null),
  ('right_forearm_cm', 'cm', 5, 100, false, null, null),
  ('abdomen_cm', 'cm', 30, 350, false, null, null),
  ('waist_cm', 'cm', 30, 350, false, null, null),
  ('hips_cm', 'cm', 30, 350, false, null, null),
  ('left_thigh_cm', 'cm', 10, 200, false, null, null),
  ('right_thigh_cm', 'cm', 10, 200, false, null, null),
  ('left_calf_cm', 'cm', 5, 120, false, null, null),
  ('right_calf_cm', 'cm', 5, 120, false, null, null),
  ('resting_hr_bpm', 'bpm', 25, 240, false, null, 'lower'),
  ('hrv_rmssd_ms', 'ms', 1, 400, false, null, 'higher'),
  ('hrv_sdnn_ms', 'ms', 1, 400, false, null, 'higher'),
  ('sleep_min', 'min', 0, 1440, true, null, null),
  ('hooper_sleep', '1–7', 1, 7, true, 'hooper', 'lower'),
  ('hooper_stress', '1–7', 1, 7, true, 'hooper', 'lower'),
  ('hooper_fatigue', '1–7', 1, 7, true, 'hooper', 'lower'),
  ('hooper_soreness', '1–7', 1, 7, true, 'hooper', 'lower'),
  ('mclean_fatigue', '1–5', 1, 5, true, 'mclean', 'higher'),
  ('mclean_sleep', '1–5', 1, 5, true, 'mclean', 'higher'),
  ('mclean_soreness', '1–5', 1, 5, true, 'mclean', 'higher'),
  ('mclean_stress', '1–5', 1, 5, true, 'mclean', 'higher'),
  ('mclean_mood', '1–5', 1, 5, true, 'mclean', 'higher'),
  ('pain', '0–10', 0, 10, true, null, 'lower'),
  ('availability', '0–2', 0, 2, true, null, 'higher');

create table day_values (
  athlete_id bigint not null,
  kind       text not null,
  local_on   date not null,
  value      double precision not null,
  constraint day_values_pkey primary key (athlete_id, kind, local_on) include (value),
  constraint day_values_athlete_id_fkey foreign key (athlete_id) references athletes (id) on delete cascade,
  constraint day_values_kind_fkey foreign key (kind) references value_kinds (code),
  constraint day_values_local_on_in_range check (local_on between '1900-01-01' and '2200-01-01')
);
comment on table day_values is 'One value of a kind a day, on the athlete''s calendar; queries/days.';
create index day_values_days_idx on day_values (athlete_id, local_on, kind) include (value);
comment on index day_values_days_idx is 'queries/days/list_days.sql';
create index day_values_kind_idx on day_values (kind);
comment on index day_values_kind_idx is 'foreign key';

-- migrate:down
drop table day_values;
drop table value_kinds;
