-- What 0029 holds new rows to, the old ones keep as well, since 0027 has mended them.
-- migrate:up
alter table sets validate constraint sets_weight_is_no_trifle;
alter table sets validate constraint sets_distance_is_no_trifle;
alter table exercise_muscles validate constraint exercise_muscles_share_is_no_trifle;

-- migrate:down
select 1;
