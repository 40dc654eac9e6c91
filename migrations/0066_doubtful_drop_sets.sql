-- A drop set that names the set before it may be doubtful: kind e. The check after an import or a write was refused.
-- migrate:up
alter table sets
drop constraint sets_drop_of_is_another_set, -- squawk-ignore ban-drop-constraint
add constraint sets_drop_of_is_another_set check (
  drop_of is null or (drop_of between 1 and 1000 and drop_of <> set_no and kind in ('d', 'D', 'e'))
) not valid;

-- migrate:down
update sets
set kind = 'd'
where kind = 'e'
  and drop_of is not null;
alter table sets
drop constraint sets_drop_of_is_another_set, -- squawk-ignore ban-drop-constraint
add constraint sets_drop_of_is_another_set check (
  drop_of is null or (drop_of between 1 and 1000 and drop_of <> set_no and kind in ('d', 'D'))
);
