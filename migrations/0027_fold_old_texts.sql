-- What was stored before texts and numbers had one form. Notes and titles: NFC, without control characters. Weights and
-- distances that are too small to be anything, and on which a report's arithmetic fails: 0. Other rows are only read.
-- migrate:up transaction:false
-- migrate:timeout 10min
-- migrate:batch key=id size=10000
update sessions
set title = normalize(regexp_replace(title, '[\u0001-\u001f\u007f-\u009f]', ' ', 'g'), nfc),
    notes = normalize(
      regexp_replace(
        regexp_replace(notes, '[\u000b\u000c\u0085]', chr(10), 'g'),
        '[\u0001-\u0008\u000e-\u001f\u007f-\u009f]', '', 'g'
      ),
      nfc
    )
where title is not nfc normalized
  or notes is not nfc normalized
  or title ~ '[\u0001-\u001f\u007f-\u009f]'
  or notes ~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]';

-- migrate:batch key=session_id size=20000
update session_exercises
set notes = normalize(
  regexp_replace(
    regexp_replace(notes, '[\u000b\u000c\u0085]', chr(10), 'g'),
    '[\u0001-\u0008\u000e-\u001f\u007f-\u009f]', '', 'g'
  ),
  nfc
)
where notes is not nfc normalized
  or notes ~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]';

-- migrate:batch key=session_id size=50000
update sets
set weight_kg = case when abs(weight_kg) < 0.00005 then 0 else weight_kg end,
    distance_m = case when distance_m < 0.00005 then 0 else distance_m end,
    notes = normalize(
      regexp_replace(
        regexp_replace(notes, '[\u000b\u000c\u0085]', chr(10), 'g'),
        '[\u0001-\u0008\u000e-\u001f\u007f-\u009f]', '', 'g'
      ),
      nfc
    )
where (weight_kg <> 0 and abs(weight_kg) < 0.00005)
  or (distance_m > 0 and distance_m < 0.00005)
  or notes is not nfc normalized
  or notes ~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]';

update exercise_muscles
set share = 0.000001
where share < 0.000001;

-- migrate:down transaction:false
select 1;
