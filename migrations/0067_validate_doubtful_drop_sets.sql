-- The sets that are there keep what 0066 holds new ones to.
-- migrate:up
alter table sets validate constraint sets_drop_of_is_another_set;

-- migrate:down
alter table sets
drop constraint sets_drop_of_is_another_set,
add constraint sets_drop_of_is_another_set check (
  drop_of is null or (drop_of between 1 and 1000 and drop_of <> set_no and kind in ('d', 'D', 'e'))
) not valid;
