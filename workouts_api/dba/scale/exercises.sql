-- Own exercises, from scale_athletes (no, exercises): few have hundreds, many have a few. Their names are made of words
-- that many share; one in 5,000 is a Jefferson, whose word is rare.
insert into workouts.exercises (athlete_id, name, equipment, category, mechanic)
select
  %(first_athlete)s + p.no - 1,
  concat_ws(
    ' ',
    (array['Paused', 'Tempo', 'Deficit', 'Banded', 'Heavy', 'Light', 'Seated', 'Standing', 'Single', 'Wide', 'Close'])[1 + k %% 11],
    case
      when (p.no + k) %% 5000 = 17 then 'Jefferson'
      else (array[
        'Squat', 'Bench Press', 'Deadlift', 'Row', 'Press', 'Curl', 'Lunge', 'Dip', 'Pulldown', 'Raise', 'Carry', 'Thrust',
        'Extension', 'Fly', 'Shrug', 'Step-up', 'Hinge'
      ])[1 + (k / 11 + p.no) %% 17]
    end,
    'v' || 1 + k / 187
  ),
  (array['barbell', 'dumbbell', 'machine', 'cable', 'none'])[1 + k %% 5],
  'strength',
  (array['compound', 'isolation'])[1 + k %% 2]
from scale_athletes as p
cross join lateral generate_series(0, p.exercises::integer - 1) as k (k)
order by p.no, k
