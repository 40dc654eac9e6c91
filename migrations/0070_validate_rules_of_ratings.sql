-- The doubts that are there keep the rules and units that 0069 knows.
-- migrate:up
alter table doubts validate constraint doubts_rule_known;
alter table doubts validate constraint doubts_unit_known;

-- migrate:down
alter table doubts
drop constraint doubts_unit_known, -- squawk-ignore ban-drop-constraint
drop constraint doubts_rule_known; -- squawk-ignore ban-drop-constraint
alter table doubts
add constraint doubts_rule_known check (
  rule in (
    'many_reps', 'too_heavy', 'unit_slip', 'digit_slip', 'world_best', 'e1rm_jump', 'ratings_differ',
    'future', 'double', 'overlap', 'long_session', 'short_rests', 'heart_rate', 'two_devices'
  )
) not valid,
add constraint doubts_unit_known check (unit in ('kg', 'reps', 'h', 'sets', 'bpm', 'rpe')) not valid;
