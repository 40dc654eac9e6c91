-- A set whose RPE and repetitions in reserve contradict each other is asked about.
-- migrate:up
alter table doubts
add column proposed_rir smallint,
drop constraint doubts_rule_known, -- squawk-ignore ban-drop-constraint
drop constraint doubts_unit_known, -- squawk-ignore ban-drop-constraint
add constraint doubts_rule_known check (
  rule in (
    'many_reps', 'too_heavy', 'unit_slip', 'digit_slip', 'world_best', 'e1rm_jump', 'ratings_differ',
    'future', 'double', 'overlap', 'long_session', 'short_rests', 'heart_rate', 'two_devices'
  )
) not valid,
add constraint doubts_unit_known check (unit in ('kg', 'reps', 'h', 'sets', 'bpm', 'rpe')) not valid;

-- migrate:down
delete from doubts
where rule = 'ratings_differ';
alter table doubts
drop column proposed_rir,
drop constraint doubts_rule_known, -- squawk-ignore ban-drop-constraint
drop constraint doubts_unit_known, -- squawk-ignore ban-drop-constraint
add constraint doubts_rule_known check (
  rule in (
    'many_reps', 'too_heavy', 'unit_slip', 'digit_slip', 'world_best', 'e1rm_jump',
    'future', 'double', 'overlap', 'long_session', 'short_rests', 'heart_rate', 'two_devices'
  )
),
add constraint doubts_unit_known check (unit in ('kg', 'reps', 'h', 'sets', 'bpm'));
