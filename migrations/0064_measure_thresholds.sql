-- What heart rate, pace and power are compared with: the highest heart rate, and the thresholds. Each holds from its day on.
-- migrate:up
insert into value_kinds (code, unit, lowest, highest, is_whole, instrument, better)
values
  ('max_heart_rate_bpm', 'bpm', 80, 250, false, null, null),
  ('threshold_heart_rate_bpm', 'bpm', 60, 250, false, null, null),
  ('threshold_pace_s_per_km', 's/km', 120, 1200, false, null, 'lower'),
  ('ftp_w', 'W', 30, 1000, false, null, 'higher');

-- migrate:down
delete from day_values
where kind in ('max_heart_rate_bpm', 'threshold_heart_rate_bpm', 'threshold_pace_s_per_km', 'ftp_w');
delete from value_kinds
where code in ('max_heart_rate_bpm', 'threshold_heart_rate_bpm', 'threshold_pace_s_per_km', 'ftp_w');
