-- The exercises that are there keep the rules of 0044.
-- migrate:up
alter table exercises
  validate constraint exercises_tracking_known,
  validate constraint exercises_bodyweight_factor_in_range,
  validate constraint exercises_bodyweight_factor_is_of_bodyweight;

-- migrate:down
alter table exercises
  drop constraint exercises_tracking_known,
  drop constraint exercises_bodyweight_factor_in_range,
  drop constraint exercises_bodyweight_factor_is_of_bodyweight,
  add constraint exercises_tracking_known check (tracking in (
    'weight_reps', 'reps', 'bodyweight_reps', 'time', 'weight_time', 'distance_time', 'weight_distance', 'custom'
  )) not valid,
  add constraint exercises_bodyweight_factor_in_range check (bodyweight_factor >= 0.01 and bodyweight_factor <= 1.5)
  not valid,
  add constraint exercises_bodyweight_factor_is_of_bodyweight check (
    bodyweight_factor is null or tracking = 'bodyweight_reps'
  ) not valid;
