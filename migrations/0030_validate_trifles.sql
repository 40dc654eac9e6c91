-- What 0029 holds new rows to, the old ones keep as well, since 0027 has mended them.
-- migrate:up
alter table sets validate constraint sets_weight_is_no_trifle;
alter table sets validate constraint sets_distance_is_no_trifle;
alter table exercise_muscles validate constraint exercise_muscles_share_is_no_trifle;

-- migrate:down
alter table exercise_muscles drop constraint exercise_muscles_share_is_no_trifle;
alter table sets
drop constraint sets_distance_is_no_trifle,
drop constraint sets_weight_is_no_trifle;
alter table sets
add constraint sets_weight_is_no_trifle check (weight_kg = 0 or abs(weight_kg) >= 0.00005) not valid,
add constraint sets_distance_is_no_trifle check (distance_m = 0 or distance_m >= 0.00005) not valid;
alter table exercise_muscles
add constraint exercise_muscles_share_is_no_trifle check (share >= 0.000001) not valid;
