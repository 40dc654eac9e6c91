-- The sessions and doubts that are there keep what 0061 holds new ones to.
-- migrate:up
alter table sessions validate constraint sessions_sport_known;
alter table sessions validate constraint sessions_moving_time_in_range;
alter table sessions validate constraint sessions_moving_time_within_duration;
alter table sessions validate constraint sessions_distance_in_range;
alter table sessions validate constraint sessions_ascent_in_range;
alter table sessions validate constraint sessions_descent_in_range;
alter table sessions validate constraint sessions_average_heart_rate_in_range;
alter table sessions validate constraint sessions_max_heart_rate_in_range;
alter table sessions validate constraint sessions_average_heart_rate_at_most_max;
alter table sessions validate constraint sessions_average_power_in_range;
alter table sessions validate constraint sessions_normalized_power_in_range;
alter table doubts validate constraint doubts_rule_known;
alter table doubts validate constraint doubts_unit_known;

-- migrate:down
alter table doubts
drop constraint doubts_unit_known, -- squawk-ignore ban-drop-constraint
drop constraint doubts_rule_known; -- squawk-ignore ban-drop-constraint
alter table doubts
add constraint doubts_rule_known check (
  rule in (
    'many_reps', 'too_heavy', 'unit_slip', 'digit_slip', 'world_best', 'e1rm_jump',
    'future', 'double', 'overlap', 'long_session', 'short_rests', 'heart_rate', 'two_devices'
  )
) not valid,
add constraint doubts_unit_known check (unit in ('kg', 'reps', 'h', 'sets', 'bpm')) not valid;
alter table sessions
drop constraint sessions_normalized_power_in_range,
drop constraint sessions_average_power_in_range,
drop constraint sessions_average_heart_rate_at_most_max,
drop constraint sessions_max_heart_rate_in_range,
drop constraint sessions_average_heart_rate_in_range,
drop constraint sessions_descent_in_range,
drop constraint sessions_ascent_in_range,
drop constraint sessions_distance_in_range,
drop constraint sessions_moving_time_within_duration,
drop constraint sessions_moving_time_in_range,
drop constraint sessions_sport_known;
alter table sessions
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
