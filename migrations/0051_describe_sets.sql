-- Sets say when, how and after which other one they were done; sessions say whether their end is a guess.
-- migrate:up
alter table sets
add column done_at timestamptz,
add column drop_of smallint,
add column side text,
add column tempo text,
drop constraint sets_kind_known, -- squawk-ignore ban-drop-constraint
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
comment on column sets.kind is 'n normal, w warm-up, d drop set, f to failure, a as many reps as possible. A capital: planned, '
  'not done yet. The next letter (o, x, e, g, b): doubtful, so that it sets no record. The index of the statistics holds '
  'the kind, so reports leave such sets out without another column.';
comment on column sets.done_at is 'By the server''s clock: corrected where the device''s clock was wrong.';
comment on column sets.drop_of is 'The set_no of the set that a drop set follows. That set may arrive later, or be deleted.';
comment on column sets.tempo is 'Seconds of lowering, pause, lifting, pause; X: as fast as possible.';
alter table set_edits add column device_done_at timestamptz;
comment on column set_edits.device_done_at is 'What the device''s clock said, where done_at was corrected.';
alter table sessions add column end_is_guessed boolean not null default false;
comment on column sessions.end_is_guessed is 'The session was forgotten: ended_at is 5 minutes after its last set.';

-- migrate:down
alter table sessions drop column end_is_guessed;
alter table set_edits drop column device_done_at;
alter table sets
drop constraint sets_kind_known, -- squawk-ignore ban-drop-constraint
drop column tempo,
drop column side,
drop column drop_of,
drop column done_at;
update sets
set kind = translate(lower(kind::text), 'oxegba', 'nwdfff')::"char"
where kind not in ('n', 'w', 'd', 'f');
alter table sets add constraint sets_kind_known check (kind in ('n', 'w', 'd', 'f'));
comment on column sets.kind is 'n normal, w warm-up, d drop set, f to failure.';
