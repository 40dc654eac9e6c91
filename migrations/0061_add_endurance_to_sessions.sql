-- Sessions say which sport they were, how far and high they went, and with what heart rate and power; doubts may be about
-- heart rates, and about training that two devices recorded.
-- migrate:up
alter table sessions
add column sport text,
add column moving_time_s integer,
add column distance_m double precision,
add column ascent_m double precision,
add column descent_m double precision,
add column average_heart_rate_bpm double precision,
add column max_heart_rate_bpm smallint,
add column average_power_w double precision,
add column normalized_power_w double precision,
add constraint sessions_sport_known check (
  sport in (
    'strength', 'running', 'trail_running', 'cycling', 'indoor_cycling', 'swimming', 'rowing', 'walking', 'hiking',
    'skiing', 'other'
  )
) not valid,
add constraint sessions_moving_time_in_range check (moving_time_s between 0 and 864000) not valid,
add constraint sessions_moving_time_within_duration check (
  end_is_guessed or moving_time_s <= extract(epoch from ended_at - started_at) + 60
) not valid,
add constraint sessions_distance_in_range check (
  distance_m = 0 or distance_m between 0.0001 and 10000000
) not valid,
add constraint sessions_ascent_in_range check (ascent_m = 0 or ascent_m between 0.0001 and 100000) not valid,
add constraint sessions_descent_in_range check (descent_m = 0 or descent_m between 0.0001 and 100000) not valid,
add constraint sessions_average_heart_rate_in_range check (average_heart_rate_bpm between 20 and 250) not valid,
add constraint sessions_max_heart_rate_in_range check (max_heart_rate_bpm between 20 and 250) not valid,
add constraint sessions_average_heart_rate_at_most_max check (
  average_heart_rate_bpm <= max_heart_rate_bpm
) not valid,
add constraint sessions_average_power_in_range check (
  average_power_w = 0 or average_power_w between 0.1 and 3000
) not valid,
add constraint sessions_normalized_power_in_range check (
  normalized_power_w = 0 or normalized_power_w between 0.1 and 3000
) not valid;
comment on column sessions.moving_time_s is 'Without breaks. Up to a minute more than the session lasted: clocks and sensors start apart.';
comment on column sessions.distance_m is 'As recorded for the whole session. No sum of its sets or laps.';
comment on column sessions.normalized_power_w is 'The fourth root of the mean fourth power of 30-second means, as devices compute it.';
alter table doubts
drop constraint doubts_rule_known, -- squawk-ignore ban-drop-constraint
drop constraint doubts_unit_known, -- squawk-ignore ban-drop-constraint
add constraint doubts_rule_known check (
  rule in (
    'many_reps', 'too_heavy', 'unit_slip', 'digit_slip', 'world_best', 'e1rm_jump',
    'future', 'double', 'overlap', 'long_session', 'short_rests', 'heart_rate', 'two_devices'
  )
) not valid,
add constraint doubts_unit_known check (unit in ('kg', 'reps', 'h', 'sets', 'bpm')) not valid;

-- migrate:down
delete from doubts
where rule in ('heart_rate', 'two_devices');
alter table doubts
drop constraint doubts_rule_known, -- squawk-ignore ban-drop-constraint
drop constraint doubts_unit_known, -- squawk-ignore ban-drop-constraint
add constraint doubts_rule_known check (
  rule in (
    'many_reps', 'too_heavy', 'unit_slip', 'digit_slip', 'world_best', 'e1rm_jump',
    'future', 'double', 'overlap', 'long_session', 'short_rests'
  )
),
add constraint doubts_unit_known check (unit in ('kg', 'reps', 'h', 'sets'));
alter table sessions
drop column normalized_power_w,
drop column average_power_w,
drop column max_heart_rate_bpm,
drop column average_heart_rate_bpm,
drop column descent_m,
drop column ascent_m,
drop column distance_m,
drop column moving_time_s,
drop column sport;
