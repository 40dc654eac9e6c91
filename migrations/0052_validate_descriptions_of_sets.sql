-- The sets that are there keep what 0051 holds new ones to.
-- migrate:up
alter table sets validate constraint sets_kind_known;
alter table sets validate constraint sets_done_at_in_range;
alter table sets validate constraint sets_drop_of_is_another_set;
alter table sets validate constraint sets_side_known;
alter table sets validate constraint sets_tempo_has_four_parts;

-- migrate:down
alter table sets
drop constraint sets_tempo_has_four_parts,
drop constraint sets_side_known,
drop constraint sets_drop_of_is_another_set,
drop constraint sets_done_at_in_range,
drop constraint sets_kind_known;
alter table sets
add constraint sets_kind_known check (
  kind in ('n', 'w', 'd', 'f', 'a', 'o', 'x', 'e', 'g', 'b', 'N', 'W', 'D', 'F', 'A')
) not valid,
add constraint sets_done_at_in_range check (
  done_at >= '2000-01-01T00:00:00Z' and done_at < '2200-01-01T00:00:00Z'
) not valid,
add constraint sets_drop_of_is_another_set check (
  drop_of is null or (drop_of between 1 and 1000 and drop_of <> set_no and kind in ('d', 'D'))
) not valid,
add constraint sets_side_known check (side in ('left', 'right', 'both')) not valid,
add constraint sets_tempo_has_four_parts check (tempo ~ '^([0-9]{1,2}|X)(-([0-9]{1,2}|X)){3}$') not valid;
