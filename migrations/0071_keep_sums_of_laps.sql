-- Sessions keep what loads need of their laps, so that a report of five years does not look up the laps of each session.
-- migrate:up
alter table sessions
  add column laps_s double precision,
  add column lap_durations_s double precision[],
  add column lap_heart_rates_bpm double precision[],
  add column laps_effort double precision;
comment on column sessions.laps_s is 'A copy: the time of the laps, 0 without laps. Null: not known, and neither are the other '
  'three. lap_sums() in migrations/repeatable/session_laps.sql';
comment on column sessions.lap_durations_s is 'A copy, in order; null unless each lap has a heart rate.';
comment on column sessions.lap_heart_rates_bpm is 'A copy, in order; null unless each lap has one.';
comment on column sessions.laps_effort is 'A copy: the sum of graded distance² / time; null unless each lap has a course. Of rtss.';

-- migrate:down
alter table sessions
  drop column laps_s,
  drop column lap_durations_s,
  drop column lap_heart_rates_bpm,
  drop column laps_effort;
