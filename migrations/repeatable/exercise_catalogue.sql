-- The shared exercises: movements, their equipment, their muscles by code, what is recorded of their sets, and their names
-- in other services.
--
-- A movement's line gives its name and its equipment, the most common first. From these come
--   the name        "Incline Bench Press" with a dumbbell is "Incline Dumbbell Bench Press"; a plain movement
--                   keeps its bare name with the first equipment: "Lat Pulldown", "Machine Lat Pulldown";
--   the aliases     "Bench Press (Barbell)" as Hevy and Strong write it, "Barbell Bench Press" as people and FitNotes
--                   do, each with and without hyphens, with biceps and triceps in both spellings.
-- In searches only (source search), a bare name also finds the exercise with its most common equipment. Imports do not use
-- this: they would take a hip thrust without equipment for one with a barbell. Irregular names have a list of their own
-- below. An alias of one service goes before the catalogue's own names, since it says what that service means by a name:
-- Hevy's "Sumo Squat" is without equipment.
--
-- This file is applied again whenever it changes. Exercises are found by name and updated, and so are their muscles. No
-- exercise is deleted, so that no training loses its exercise. Athletes' own exercises are not changed.
create temporary table listed_movements (
  name      text primary key,
  plain     boolean not null,
  equipment text[] not null,
  category  text not null,
  mechanic  text,
  primary_muscles   text[] not null,
  secondary_muscles text[] not null
);

-- A movement is a line, however long.
-- noqa: disable=LT05
insert into listed_movements
  (name, plain, equipment, category, mechanic, primary_muscles, secondary_muscles)
values
  -- Squats and lunges
  ('Squat', false, '{barbell,none,dumbbell,smith_machine,machine,band,suspension}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,adductors,lower_back}'),
  ('Front Squat', true, '{barbell,dumbbell,kettlebell,smith_machine}', 'strength', 'compound', '{quads}', '{glutes,adductors,upper_back,abs}'),
  ('Low-Bar Squat', true, '{barbell}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,adductors,lower_back}'),
  ('High-Bar Squat', true, '{barbell}', 'strength', 'compound', '{quads,glutes}', '{adductors,lower_back}'),
  ('Pause Squat', true, '{barbell}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,adductors,lower_back}'),
  ('Box Squat', true, '{barbell,dumbbell}', 'strength', 'compound', '{glutes,quads}', '{hamstrings,adductors,lower_back}'),
  ('Overhead Squat', true, '{barbell,dumbbell,kettlebell}', 'strength', 'compound', '{quads,delt_front}', '{glutes,upper_back,abs}'),
  ('Zercher Squat', true, '{barbell}', 'strength', 'compound', '{quads,glutes}', '{abs,upper_back,biceps}'),
  ('Safety Bar Squat', true, '{barbell}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,upper_back,lower_back}'),
  ('Goblet Squat', true, '{dumbbell,kettlebell}', 'strength', 'compound', '{quads,glutes}', '{adductors,abs}'),
  ('Sumo Squat', true, '{dumbbell,barbell,kettlebell,none}', 'strength', 'compound', '{glutes,adductors}', '{quads,hamstrings}'),
  ('Hack Squat', true, '{machine,barbell}', 'strength', 'compound', '{quads}', '{glutes,adductors}'),
  ('Pendulum Squat', true, '{machine}', 'strength', 'compound', '{quads}', '{glutes,adductors}'),
  ('Belt Squat', true, '{machine}', 'strength', 'compound', '{quads,glutes}', '{adductors}'),
  ('Sissy Squat', true, '{none,plate}', 'bodyweight', 'isolation', '{quads}', '{abs}'),
  ('Pistol Squat', true, '{none}', 'bodyweight', 'compound', '{quads,glutes}', '{adductors,hamstrings}'),
  ('Cossack Squat', true, '{none,kettlebell}', 'bodyweight', 'compound', '{adductors,quads}', '{glutes}'),
  ('Bulgarian Split Squat', true, '{dumbbell,barbell,none,smith_machine,kettlebell}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,adductors}'),
  ('Split Squat', true, '{dumbbell,barbell,none,smith_machine}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,adductors}'),
  ('Lunge', true, '{none,dumbbell,barbell,kettlebell,smith_machine}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,adductors}'),
  ('Reverse Lunge', true, '{none,dumbbell,barbell,kettlebell,smith_machine}', 'strength', 'compound', '{glutes,quads}', '{hamstrings,adductors}'),
  ('Walking Lunge', true, '{none,dumbbell,barbell}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,adductors}'),
  ('Lateral Lunge', true, '{none,dumbbell}', 'strength', 'compound', '{adductors,glutes}', '{quads}'),
  ('Curtsy Lunge', true, '{none,dumbbell}', 'strength', 'compound', '{glutes}', '{quads,abductors}'),
  ('Step-Up', true, '{none,dumbbell,barbell,kettlebell}', 'strength', 'compound', '{quads,glutes}', '{hamstrings}'),
  ('Wall Sit', true, '{none}', 'bodyweight', 'compound', '{quads}', '{glutes}'),
  ('Overhead Lunge', false, '{dumbbell,plate,barbell}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,delt_front,abs}'),
  ('Lateral Squat', true, '{none,dumbbell}', 'bodyweight', 'compound', '{adductors,quads}', '{glutes}'),
  ('Full Squat', false, '{barbell,none}', 'strength', 'compound', '{quads,glutes}', '{adductors,lower_back}'),
  ('Assisted Pistol Squat', true, '{none,suspension,band}', 'bodyweight', 'compound', '{quads,glutes}', '{adductors,hamstrings}'),
  ('Single-Leg Box Squat', true, '{none}', 'bodyweight', 'compound', '{quads,glutes}', '{hamstrings}'),
  ('Landmine Squat', true, '{barbell}', 'strength', 'compound', '{quads,glutes}', '{adductors,abs}'),
  ('V-Squat', true, '{machine}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,adductors}'),
  ('Spanish Squat', true, '{band}', 'strength', 'compound', '{quads}', '{glutes}'),

  -- Legs on machines, hips and calves
  ('Leg Press', true, '{machine}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,adductors}'),
  ('Horizontal Leg Press', true, '{machine}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,adductors}'),
  ('Single-Leg Press', true, '{machine}', 'strength', 'compound', '{quads,glutes}', '{hamstrings,adductors}'),
  ('Leg Extension', true, '{machine}', 'strength', 'isolation', '{quads}', '{}'),
  ('Single-Leg Extension', true, '{machine}', 'strength', 'isolation', '{quads}', '{}'),
  ('Seated Leg Curl', true, '{machine}', 'strength', 'isolation', '{hamstrings}', '{calves}'),
  ('Lying Leg Curl', true, '{machine,dumbbell}', 'strength', 'isolation', '{hamstrings}', '{calves}'),
  ('Standing Leg Curl', true, '{machine,cable}', 'strength', 'isolation', '{hamstrings}', '{calves}'),
  ('Nordic Hamstring Curl', true, '{none}', 'bodyweight', 'isolation', '{hamstrings}', '{glutes,calves}'),
  ('Glute-Ham Raise', true, '{other}', 'bodyweight', 'compound', '{hamstrings}', '{glutes,lower_back,calves}'),
  ('Hip Abduction', true, '{machine,cable,band}', 'strength', 'isolation', '{abductors}', '{glutes}'),
  ('Hip Adduction', true, '{machine,cable,band}', 'strength', 'isolation', '{adductors}', '{}'),
  ('Hip Thrust', false, '{barbell,machine,dumbbell,smith_machine,none}', 'strength', 'compound', '{glutes}', '{hamstrings,quads}'),
  ('Single-Leg Hip Thrust', true, '{none,dumbbell}', 'bodyweight', 'compound', '{glutes}', '{hamstrings}'),
  ('Glute Bridge', true, '{none,barbell,dumbbell}', 'strength', 'compound', '{glutes}', '{hamstrings}'),
  ('Single-Leg Glute Bridge', true, '{none}', 'bodyweight', 'compound', '{glutes}', '{hamstrings}'),
  ('Glute Kickback', true, '{cable,machine,band,none}', 'strength', 'isolation', '{glutes}', '{hamstrings}'),
  ('Cable Pull-Through', true, '{cable}', 'strength', 'compound', '{glutes}', '{hamstrings,lower_back}'),
  ('Clamshell', true, '{none,band}', 'bodyweight', 'isolation', '{abductors}', '{glutes}'),
  ('Lateral Band Walk', true, '{band}', 'strength', 'isolation', '{abductors}', '{glutes}'),
  ('Fire Hydrant', true, '{none}', 'bodyweight', 'isolation', '{abductors}', '{glutes}'),
  ('Calf Press', true, '{machine}', 'strength', 'isolation', '{calves}', '{}'),
  ('Standing Calf Raise', true, '{machine,none,dumbbell,barbell,smith_machine}', 'strength', 'isolation', '{calves}', '{}'),
  ('Seated Calf Raise', true, '{machine,dumbbell,plate}', 'strength', 'isolation', '{calves}', '{}'),
  ('Plate-Loaded Seated Calf Raise', true, '{machine}', 'strength', 'isolation', '{calves}', '{}'),
  ('Single-Leg Calf Raise', true, '{none,dumbbell}', 'bodyweight', 'isolation', '{calves}', '{}'),
  ('Donkey Calf Raise', true, '{machine}', 'strength', 'isolation', '{calves}', '{}'),
  ('Tibialis Raise', true, '{none,machine}', 'bodyweight', 'isolation', '{tibialis}', '{}'),
  ('Calf Extension', true, '{machine}', 'strength', 'isolation', '{calves}', '{}'),
  ('Single-Leg Standing Calf Raise', true, '{none,dumbbell,barbell,machine}', 'strength', 'isolation', '{calves}', '{}'),
  ('Single-Leg Seated Calf Raise', true, '{machine}', 'strength', 'isolation', '{calves}', '{}'),
  ('Rear Kick', true, '{machine}', 'strength', 'isolation', '{glutes}', '{hamstrings}'),
  ('Frog Pump', true, '{none,dumbbell}', 'strength', 'isolation', '{glutes}', '{adductors}'),
  ('Partial Glute Bridge', true, '{barbell}', 'strength', 'compound', '{glutes}', '{hamstrings}'),
  ('Lateral Leg Raise', true, '{none}', 'bodyweight', 'isolation', '{abductors}', '{glutes}'),
  ('Single-Leg Curl', true, '{machine}', 'strength', 'isolation', '{hamstrings}', '{calves}'),
  ('Hip Flexion', false, '{cable,band}', 'strength', 'isolation', '{hip_flexors}', '{abs}'),
  ('Leg Curl', false, '{exercise_ball,suspension}', 'bodyweight', 'isolation', '{hamstrings}', '{glutes,calves}'),

  -- Deadlifts and hinges
  ('Deadlift', false, '{barbell,dumbbell,trap_bar,kettlebell,smith_machine,band}', 'strength', 'compound', '{glutes,hamstrings,lower_back}', '{quads,traps_upper,upper_back,forearms}'),
  ('Sumo Deadlift', true, '{barbell,dumbbell,kettlebell}', 'strength', 'compound', '{glutes,quads}', '{hamstrings,adductors,lower_back,traps_upper}'),
  ('Romanian Deadlift', true, '{barbell,dumbbell,kettlebell,smith_machine,cable}', 'strength', 'compound', '{hamstrings,glutes}', '{lower_back,forearms}'),
  ('Stiff-Leg Deadlift', true, '{barbell,dumbbell,band}', 'strength', 'compound', '{hamstrings}', '{glutes,lower_back}'),
  ('Single-Leg Romanian Deadlift', true, '{dumbbell,barbell,kettlebell,none}', 'strength', 'compound', '{hamstrings,glutes}', '{lower_back,abductors}'),
  ('Deficit Deadlift', true, '{barbell}', 'strength', 'compound', '{glutes,hamstrings,lower_back}', '{quads,traps_upper,upper_back}'),
  ('Rack Pull', true, '{barbell}', 'strength', 'compound', '{lower_back,traps_upper}', '{glutes,hamstrings,forearms}'),
  ('Pause Deadlift', true, '{barbell}', 'strength', 'compound', '{glutes,hamstrings,lower_back}', '{quads,traps_upper,upper_back}'),
  ('Good Morning', true, '{barbell,band,smith_machine}', 'strength', 'compound', '{hamstrings,lower_back}', '{glutes}'),
  ('Back Extension', true, '{none,plate,machine}', 'strength', 'isolation', '{lower_back}', '{glutes,hamstrings}'),
  ('Reverse Hyperextension', true, '{machine,none}', 'strength', 'isolation', '{glutes,lower_back}', '{hamstrings}'),
  ('Superman', true, '{none}', 'bodyweight', 'isolation', '{lower_back}', '{glutes}'),
  ('Jefferson Curl', true, '{barbell,kettlebell}', 'mobility', 'isolation', '{lower_back}', '{hamstrings}'),
  ('Kettlebell Swing', true, '{kettlebell}', 'strength', 'compound', '{glutes,hamstrings}', '{lower_back,delt_front,forearms}'),
  ('Deadlift High Pull', true, '{barbell,kettlebell}', 'olympic', 'compound', '{glutes,traps_upper}', '{hamstrings,delt_side,upper_back}'),
  ('Snatch-Grip Deadlift', true, '{barbell}', 'strength', 'compound', '{glutes,hamstrings,lower_back}', '{quads,traps_upper,upper_back}'),
  ('Single-Leg Deadlift', true, '{none,dumbbell,kettlebell}', 'strength', 'compound', '{hamstrings,glutes}', '{lower_back,abductors}'),

  -- Chest
  ('Bench Press', false, '{barbell,dumbbell,smith_machine,cable,band}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front,chest_upper}'),
  ('Incline Bench Press', false, '{barbell,dumbbell,smith_machine,cable}', 'strength', 'compound', '{chest_upper,delt_front}', '{triceps,chest_mid}'),
  ('Decline Bench Press', false, '{barbell,dumbbell,smith_machine,machine}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front}'),
  ('Close-Grip Bench Press', true, '{barbell,smith_machine}', 'strength', 'compound', '{triceps}', '{chest_mid,delt_front}'),
  ('Wide-Grip Bench Press', true, '{barbell}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front,chest_upper}'),
  ('Pause Bench Press', true, '{barbell}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front,chest_upper}'),
  ('Larsen Press', true, '{barbell}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front,chest_upper}'),
  ('Floor Press', true, '{barbell,dumbbell,kettlebell}', 'strength', 'compound', '{chest_mid,triceps}', '{delt_front,chest_upper}'),
  ('Board Press', true, '{barbell}', 'strength', 'compound', '{triceps}', '{chest_mid,delt_front}'),
  ('Chest Press', true, '{machine,band,cable}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front,chest_upper}'),
  ('Incline Chest Press', true, '{machine}', 'strength', 'compound', '{chest_upper,delt_front}', '{triceps,chest_mid}'),
  ('Incline Plate-Loaded Chest Press', true, '{machine}', 'strength', 'compound', '{chest_upper,delt_front}', '{triceps,chest_mid}'),
  ('Decline Plate-Loaded Chest Press', true, '{machine}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front}'),
  ('Iso-Lateral Chest Press', true, '{machine}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front,chest_upper}'),
  ('Hex Press', true, '{dumbbell}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front}'),
  ('Chest Fly', false, '{dumbbell,machine,cable,band,suspension}', 'strength', 'isolation', '{chest_mid}', '{delt_front,chest_upper}'),
  ('Incline Chest Fly', false, '{dumbbell,cable}', 'strength', 'isolation', '{chest_upper}', '{delt_front,chest_mid}'),
  ('Decline Chest Fly', false, '{dumbbell,cable}', 'strength', 'isolation', '{chest_mid}', '{delt_front}'),
  ('Seated Chest Fly', false, '{cable}', 'strength', 'isolation', '{chest_mid}', '{delt_front,chest_upper}'),
  ('Cable Crossover', true, '{cable}', 'strength', 'isolation', '{chest_mid}', '{delt_front}'),
  ('Low Cable Crossover', true, '{cable}', 'strength', 'isolation', '{chest_upper}', '{delt_front,chest_mid}'),
  ('Push-Up', true, '{none,band,suspension}', 'bodyweight', 'compound', '{chest_mid}', '{triceps,delt_front,abs,chest_upper,serratus}'),
  ('Weighted Push-Up', true, '{plate}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front,abs,chest_upper,serratus}'),
  ('Incline Push-Up', true, '{none}', 'bodyweight', 'compound', '{chest_mid}', '{triceps,delt_front,chest_upper,serratus}'),
  ('Decline Push-Up', true, '{none}', 'bodyweight', 'compound', '{chest_upper,delt_front}', '{triceps,chest_mid,delt_side,serratus}'),
  ('Knee Push-Up', true, '{none}', 'bodyweight', 'compound', '{chest_mid}', '{triceps,delt_front,chest_upper,serratus}'),
  ('Diamond Push-Up', true, '{none}', 'bodyweight', 'compound', '{triceps}', '{chest_mid,delt_front,serratus}'),
  ('Pike Push-Up', true, '{none}', 'bodyweight', 'compound', '{delt_front}', '{triceps,chest_upper,delt_side,serratus}'),
  ('Handstand Push-Up', true, '{none}', 'bodyweight', 'compound', '{delt_front}', '{triceps,traps_upper,delt_side,serratus}'),
  ('Chest Dip', true, '{none}', 'bodyweight', 'compound', '{chest_mid}', '{triceps,delt_front}'),
  ('Weighted Chest Dip', true, '{plate}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front}'),
  ('Assisted Chest Dip', true, '{machine,band}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front}'),
  ('Ring Dip', true, '{suspension}', 'bodyweight', 'compound', '{chest_mid,triceps}', '{delt_front}'),
  ('Feet-Up Bench Press', true, '{barbell}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front,chest_upper}'),
  ('Around the World', false, '{dumbbell,plate}', 'strength', 'isolation', '{chest_mid}', '{delt_front,upper_back}'),
  ('Svend Press', true, '{plate}', 'strength', 'isolation', '{chest_mid}', '{delt_front,triceps}'),
  ('Plate Press', true, '{plate}', 'strength', 'compound', '{chest_mid}', '{triceps,delt_front}'),
  ('Single-Arm Cable Crossover', true, '{cable}', 'strength', 'isolation', '{chest_mid}', '{delt_front}'),
  ('High Cable Crossover', true, '{cable}', 'strength', 'isolation', '{chest_mid}', '{delt_front}'),
  ('Cable Crossover Ladder', true, '{cable}', 'strength', 'isolation', '{chest_mid}', '{delt_front,chest_upper}'),
  ('Bottom-Half Seated Cable Fly', true, '{cable}', 'strength', 'isolation', '{chest_mid}', '{delt_front,chest_upper}'),
  ('Close-Grip Push-Up', true, '{none}', 'bodyweight', 'compound', '{triceps,chest_mid}', '{delt_front,serratus}'),
  ('Wide-Grip Push-Up', true, '{none}', 'bodyweight', 'compound', '{chest_mid}', '{triceps,delt_front,serratus}'),
  ('Single-Arm Push-Up', true, '{none}', 'bodyweight', 'compound', '{chest_mid}', '{triceps,delt_front,abs,obliques}'),
  ('Plank Push-Up', true, '{none}', 'bodyweight', 'compound', '{triceps,chest_mid}', '{abs,delt_front}'),
  ('Ring Push-Up', true, '{suspension}', 'bodyweight', 'compound', '{chest_mid}', '{triceps,delt_front,abs,serratus}'),
  ('Archer Push-Up', true, '{none}', 'bodyweight', 'compound', '{chest_mid}', '{triceps,delt_front,serratus}'),
  ('Scapular Push-Up', true, '{none}', 'bodyweight', 'isolation', '{serratus}', '{chest_mid}'),
  ('Guillotine Press', true, '{barbell}', 'strength', 'compound', '{chest_upper}', '{delt_front,triceps,chest_mid}'),
  ('Pullover', false, '{dumbbell,machine,cable,barbell}', 'strength', 'isolation', '{lats}', '{chest_mid,triceps,serratus}'),

  -- Back: pulling down and up
  ('Pull-Up', true, '{none,band,suspension}', 'bodyweight', 'compound', '{lats}', '{biceps,upper_back,forearms}'),
  ('Weighted Pull-Up', true, '{plate}', 'strength', 'compound', '{lats}', '{biceps,upper_back,forearms}'),
  ('Assisted Pull-Up', true, '{machine}', 'strength', 'compound', '{lats}', '{biceps,upper_back}'),
  ('Wide-Grip Pull-Up', true, '{none}', 'bodyweight', 'compound', '{lats}', '{upper_back,biceps}'),
  ('Neutral-Grip Pull-Up', true, '{none}', 'bodyweight', 'compound', '{lats}', '{biceps,upper_back}'),
  ('Chin-Up', true, '{none}', 'bodyweight', 'compound', '{lats,biceps}', '{upper_back,forearms}'),
  ('Weighted Chin-Up', true, '{plate}', 'strength', 'compound', '{lats,biceps}', '{upper_back,forearms}'),
  ('Assisted Chin-Up', true, '{machine,band}', 'strength', 'compound', '{lats,biceps}', '{upper_back}'),
  ('Scapular Pull-Up', true, '{none}', 'bodyweight', 'isolation', '{traps_upper}', '{lats,upper_back}'),
  ('Muscle-Up', true, '{none}', 'bodyweight', 'compound', '{lats,triceps}', '{chest_mid,biceps,delt_front}'),
  ('Dead Hang', true, '{none}', 'bodyweight', 'isolation', '{forearms}', '{lats}'),
  ('Lat Pulldown', true, '{cable,machine,band}', 'strength', 'compound', '{lats}', '{biceps,upper_back}'),
  ('Close-Grip Lat Pulldown', true, '{cable}', 'strength', 'compound', '{lats}', '{biceps,upper_back}'),
  ('Wide-Grip Lat Pulldown', true, '{cable}', 'strength', 'compound', '{lats}', '{biceps,upper_back}'),
  ('Neutral-Grip Lat Pulldown', true, '{cable}', 'strength', 'compound', '{lats}', '{biceps,upper_back}'),
  ('Reverse-Grip Lat Pulldown', true, '{cable,band}', 'strength', 'compound', '{lats}', '{biceps,upper_back}'),
  ('Single-Arm Lat Pulldown', true, '{cable}', 'strength', 'compound', '{lats}', '{biceps,upper_back}'),
  ('Iso-Lateral Lat Pulldown', true, '{machine}', 'strength', 'compound', '{lats}', '{biceps,upper_back}'),
  ('Straight-Arm Pulldown', true, '{cable,band}', 'strength', 'isolation', '{lats}', '{triceps,chest_mid}'),
  ('Straight-Arm Rope Pulldown', true, '{cable}', 'strength', 'isolation', '{lats}', '{triceps,chest_mid}'),
  ('Kneeling Pulldown', false, '{band,cable}', 'strength', 'compound', '{lats}', '{biceps,upper_back}'),
  ('Negative Pull-Up', true, '{none}', 'bodyweight', 'compound', '{lats}', '{biceps,upper_back,forearms}'),
  ('Kipping Pull-Up', true, '{none}', 'bodyweight', 'compound', '{lats}', '{biceps,upper_back,abs}'),
  ('Sternum Pull-Up', true, '{none}', 'bodyweight', 'compound', '{lats,upper_back}', '{biceps,chest_mid}'),
  ('Ring Pull-Up', true, '{suspension}', 'bodyweight', 'compound', '{lats}', '{biceps,upper_back,forearms}'),
  ('Ring Muscle-Up', true, '{suspension}', 'bodyweight', 'compound', '{lats,triceps}', '{chest_mid,biceps,delt_front}'),
  ('Commando Pull-Up', true, '{none}', 'bodyweight', 'compound', '{lats,biceps}', '{upper_back,forearms}'),
  ('Vertical Traction', true, '{machine}', 'strength', 'compound', '{lats}', '{biceps,upper_back}'),
  ('Behind-the-Neck Pulldown', true, '{cable}', 'strength', 'compound', '{lats}', '{biceps,upper_back}'),
  ('Front Lever', true, '{none}', 'bodyweight', 'isolation', '{lats,abs}', '{upper_back,delt_rear}'),
  ('Front Lever Raise', true, '{none}', 'bodyweight', 'compound', '{lats,abs}', '{upper_back,delt_rear}'),
  ('Back Lever', true, '{none}', 'bodyweight', 'isolation', '{lats,lower_back}', '{delt_front,biceps}'),
  ('Pullover Crunch', true, '{dumbbell}', 'strength', 'compound', '{abs}', '{lats}'),
  ('Rope Climb', true, '{other}', 'bodyweight', 'compound', '{lats,forearms}', '{biceps,abs}'),

  -- Back: rowing
  ('Bent-Over Row', false, '{barbell,dumbbell,smith_machine,band,kettlebell}', 'strength', 'compound', '{upper_back,lats}', '{biceps,lower_back,forearms}'),
  ('Pendlay Row', true, '{barbell}', 'strength', 'compound', '{upper_back,lats}', '{biceps,lower_back}'),
  ('Yates Row', true, '{barbell}', 'strength', 'compound', '{upper_back,lats}', '{biceps,lower_back}'),
  ('Bent-Over Underhand Row', true, '{barbell}', 'strength', 'compound', '{upper_back,lats}', '{biceps,lower_back,forearms}'),
  ('Plate-Loaded Row', true, '{machine}', 'strength', 'compound', '{upper_back,lats}', '{biceps}'),
  ('Single-Arm Row', false, '{dumbbell,cable,kettlebell}', 'strength', 'compound', '{lats,upper_back}', '{biceps,forearms}'),
  ('Seated Row', false, '{cable,machine,band}', 'strength', 'compound', '{upper_back,lats}', '{biceps,forearms}'),
  ('Seated Wide-Grip Row', false, '{cable}', 'strength', 'compound', '{upper_back}', '{lats,biceps,delt_rear}'),
  ('Seated V-Grip Row', false, '{cable}', 'strength', 'compound', '{upper_back,lats}', '{biceps,forearms}'),
  ('Iso-Lateral Row', true, '{machine}', 'strength', 'compound', '{upper_back,lats}', '{biceps}'),
  ('High Row', true, '{machine}', 'strength', 'compound', '{lats,upper_back}', '{biceps}'),
  ('Chest-Supported Row', false, '{dumbbell,machine,barbell,cable}', 'strength', 'compound', '{upper_back,lats}', '{biceps,delt_rear}'),
  ('T-Bar Row', true, '{barbell,machine}', 'strength', 'compound', '{upper_back,lats}', '{biceps,lower_back}'),
  ('Landmine Row', true, '{barbell}', 'strength', 'compound', '{upper_back,lats}', '{biceps,lower_back}'),
  ('Meadows Row', true, '{barbell}', 'strength', 'compound', '{lats,upper_back}', '{biceps,forearms}'),
  ('Seal Row', true, '{barbell,dumbbell}', 'strength', 'compound', '{upper_back,lats}', '{biceps}'),
  ('Gorilla Row', true, '{kettlebell}', 'strength', 'compound', '{upper_back,lats}', '{biceps,abs}'),
  ('Renegade Row', true, '{dumbbell,kettlebell}', 'strength', 'compound', '{upper_back,abs}', '{lats,biceps,delt_rear}'),
  ('Inverted Row', true, '{none,suspension,smith_machine}', 'bodyweight', 'compound', '{upper_back,lats}', '{biceps,forearms}'),
  ('Shrug', false, '{barbell,dumbbell,cable,machine,smith_machine,trap_bar}', 'strength', 'isolation', '{traps_upper}', '{forearms}'),
  ('Iso-Lateral High Row', true, '{machine}', 'strength', 'compound', '{lats,upper_back}', '{biceps}'),
  ('Iso-Lateral Low Row', true, '{machine}', 'strength', 'compound', '{lats,upper_back}', '{biceps}'),
  ('Low Row', false, '{suspension,machine,cable}', 'strength', 'compound', '{upper_back,lats}', '{biceps}'),
  ('Seated Bar Row', false, '{cable}', 'strength', 'compound', '{upper_back,lats}', '{biceps,forearms}'),
  ('Incline Row', false, '{barbell}', 'strength', 'compound', '{upper_back,lats}', '{biceps,delt_rear}'),
  ('Squat Row', true, '{cable,band}', 'strength', 'compound', '{quads,upper_back}', '{glutes,lats,biceps}'),
  ('Kroc Row', true, '{dumbbell}', 'strength', 'compound', '{lats,upper_back}', '{biceps,forearms}'),
  ('Jump Shrug', true, '{barbell,dumbbell}', 'olympic', 'compound', '{traps_upper}', '{calves,quads,glutes}'),
  ('Overhead Shrug', true, '{barbell}', 'strength', 'isolation', '{traps_upper}', '{delt_side,serratus}'),
  ('Chest-Supported Rear Delt Fly', false, '{dumbbell}', 'strength', 'isolation', '{delt_rear}', '{upper_back,traps_upper}'),
  ('Chest-Supported Y Raise', false, '{dumbbell}', 'strength', 'isolation', '{upper_back,delt_side}', '{rotator_cuff}'),

  -- Shoulders and neck
  ('Overhead Press', true, '{barbell,dumbbell,smith_machine,kettlebell,machine,cable}', 'strength', 'compound', '{delt_front}', '{triceps,traps_upper,abs,delt_side}'),
  ('Seated Overhead Press', true, '{barbell,dumbbell,smith_machine}', 'strength', 'compound', '{delt_front}', '{triceps,traps_upper,delt_side}'),
  ('Shoulder Press', false, '{dumbbell,machine,cable,band,kettlebell}', 'strength', 'compound', '{delt_front}', '{triceps,traps_upper,delt_side}'),
  ('Arnold Press', true, '{dumbbell}', 'strength', 'compound', '{delt_front}', '{triceps,delt_side}'),
  ('Push Press', true, '{barbell,dumbbell,kettlebell}', 'olympic', 'compound', '{delt_front}', '{triceps,quads,glutes,delt_side}'),
  ('Z Press', true, '{barbell,dumbbell}', 'strength', 'compound', '{delt_front}', '{triceps,abs,delt_side}'),
  ('Landmine Press', true, '{barbell}', 'strength', 'compound', '{delt_front,chest_upper}', '{triceps,abs,chest_mid,delt_side}'),
  ('Behind-the-Neck Press', true, '{barbell,smith_machine}', 'strength', 'compound', '{delt_front}', '{triceps,traps_upper,delt_side}'),
  ('Lateral Raise', false, '{dumbbell,cable,machine,band}', 'strength', 'isolation', '{delt_side}', '{traps_upper}'),
  ('Single-Arm Lateral Raise', false, '{cable,dumbbell}', 'strength', 'isolation', '{delt_side}', '{traps_upper}'),
  ('Seated Lateral Raise', false, '{dumbbell}', 'strength', 'isolation', '{delt_side}', '{traps_upper}'),
  ('Front Raise', false, '{dumbbell,barbell,cable,plate,band,suspension}', 'strength', 'isolation', '{delt_front}', '{chest_mid}'),
  ('Rear Delt Fly', false, '{dumbbell,cable,machine,band,suspension}', 'strength', 'isolation', '{delt_rear}', '{upper_back,traps_upper}'),
  ('Single-Arm Rear Delt Fly', false, '{cable}', 'strength', 'isolation', '{delt_rear}', '{upper_back,traps_upper}'),
  ('Face Pull', true, '{cable,band}', 'strength', 'compound', '{delt_rear}', '{upper_back,traps_upper,rotator_cuff}'),
  ('Band Pull-Apart', true, '{band}', 'strength', 'isolation', '{upper_back}', '{delt_rear,traps_upper}'),
  ('Upright Row', true, '{barbell,dumbbell,cable,kettlebell}', 'strength', 'compound', '{delt_side,traps_upper}', '{biceps}'),
  ('External Rotation', true, '{cable,dumbbell,band}', 'strength', 'isolation', '{rotator_cuff}', '{}'),
  ('Internal Rotation', true, '{cable,band}', 'strength', 'isolation', '{rotator_cuff}', '{chest_mid}'),
  ('Cuban Press', true, '{dumbbell,barbell}', 'strength', 'compound', '{rotator_cuff}', '{traps_upper}'),
  ('Neck Curl', true, '{plate,none,machine}', 'strength', 'isolation', '{neck}', '{}'),
  ('Neck Extension', true, '{plate,none,machine}', 'strength', 'isolation', '{neck}', '{traps_upper}'),
  ('Single-Arm Landmine Press', true, '{barbell}', 'strength', 'compound', '{delt_front,chest_upper}', '{triceps,abs,chest_mid,delt_side}'),
  ('Single-Arm Shoulder Press', false, '{dumbbell,kettlebell,cable}', 'strength', 'compound', '{delt_front}', '{triceps,delt_side,obliques}'),
  ('Plate-Loaded Shoulder Press', true, '{machine}', 'strength', 'compound', '{delt_front}', '{triceps,traps_upper,delt_side}'),
  ('Iso-Lateral Shoulder Press', true, '{machine}', 'strength', 'compound', '{delt_front}', '{triceps,traps_upper,delt_side}'),
  ('Viking Press', true, '{machine}', 'strength', 'compound', '{delt_front}', '{triceps,traps_upper,delt_side}'),
  ('Bradford Press', true, '{barbell}', 'strength', 'compound', '{delt_front}', '{delt_side,triceps}'),
  ('Strongman Log Press', true, '{other}', 'strength', 'compound', '{delt_front}', '{triceps,traps_upper,abs}'),
  ('Overhead Plate Raise', true, '{plate}', 'strength', 'isolation', '{delt_front}', '{delt_side,traps_upper}'),
  ('Halo', false, '{kettlebell,plate}', 'strength', 'isolation', '{delt_side}', '{delt_front,traps_upper,abs}'),
  ('Y Raise', false, '{cable,dumbbell,suspension}', 'strength', 'isolation', '{upper_back,delt_side}', '{rotator_cuff}'),
  ('T Raise', false, '{suspension,dumbbell}', 'strength', 'isolation', '{delt_rear}', '{upper_back}'),
  ('Side-Lying External Rotation', true, '{dumbbell,none}', 'strength', 'isolation', '{rotator_cuff}', '{}'),
  ('Single-Arm Face Pull', false, '{cable}', 'strength', 'compound', '{delt_rear}', '{upper_back,traps_upper,rotator_cuff}'),
  ('Handstand', true, '{none}', 'bodyweight', 'isolation', '{delt_front}', '{triceps,traps_upper,abs}'),
  ('Shoulder Tap', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{delt_front,obliques}'),
  ('Meadows Incline Lateral Raise', true, '{dumbbell}', 'strength', 'isolation', '{delt_side}', '{traps_upper}'),

  -- Biceps and forearms
  ('Biceps Curl', false, '{dumbbell,barbell,cable,ez_bar,machine,band,suspension,kettlebell,plate}', 'strength', 'isolation', '{biceps}', '{forearms}'),
  ('Hammer Curl', false, '{dumbbell,cable,band}', 'strength', 'isolation', '{biceps,forearms}', '{}'),
  ('Cross-Body Hammer Curl', true, '{dumbbell}', 'strength', 'isolation', '{biceps,forearms}', '{}'),
  ('Incline Curl', false, '{dumbbell}', 'strength', 'isolation', '{biceps}', '{forearms}'),
  ('Preacher Curl', false, '{barbell,ez_bar,dumbbell,machine,cable}', 'strength', 'isolation', '{biceps}', '{forearms}'),
  ('Concentration Curl', true, '{dumbbell}', 'strength', 'isolation', '{biceps}', '{forearms}'),
  ('Spider Curl', true, '{dumbbell,barbell,ez_bar}', 'strength', 'isolation', '{biceps}', '{forearms}'),
  ('Drag Curl', true, '{barbell,dumbbell}', 'strength', 'isolation', '{biceps}', '{forearms}'),
  ('Zottman Curl', true, '{dumbbell}', 'strength', 'isolation', '{biceps,forearms}', '{}'),
  ('Bayesian Curl', true, '{cable}', 'strength', 'isolation', '{biceps}', '{forearms}'),
  ('High Curl', false, '{cable}', 'strength', 'isolation', '{biceps}', '{}'),
  ('Reverse Curl', true, '{barbell,dumbbell,cable,ez_bar,band}', 'strength', 'isolation', '{forearms}', '{biceps}'),
  ('Wrist Curl', true, '{dumbbell,barbell,cable}', 'strength', 'isolation', '{forearms}', '{}'),
  ('Reverse Wrist Curl', true, '{dumbbell,barbell,cable}', 'strength', 'isolation', '{forearms}', '{}'),
  ('Wrist Roller', true, '{other}', 'strength', 'isolation', '{forearms}', '{}'),
  ('Farmer''s Walk', true, '{dumbbell,kettlebell,trap_bar}', 'strength', 'compound', '{forearms,traps_upper}', '{abs,quads,glutes}'),
  ('Suitcase Carry', true, '{dumbbell,kettlebell}', 'strength', 'compound', '{obliques,forearms}', '{traps_upper,abs}'),
  ('Plate Pinch', true, '{plate}', 'strength', 'isolation', '{forearms}', '{}'),
  ('Biceps Curl 21s', true, '{barbell,dumbbell,ez_bar,cable}', 'strength', 'isolation', '{biceps}', '{forearms}'),
  ('Rope Curl', true, '{cable}', 'strength', 'isolation', '{biceps,forearms}', '{}'),
  ('Super-Bayesian High Cable Curl', true, '{cable}', 'strength', 'isolation', '{biceps}', '{forearms}'),
  ('Single-Arm Biceps Curl', false, '{cable,dumbbell}', 'strength', 'isolation', '{biceps}', '{forearms}'),
  ('Pinwheel Curl', true, '{dumbbell}', 'strength', 'isolation', '{biceps,forearms}', '{}'),
  ('Waiter Curl', true, '{dumbbell}', 'strength', 'isolation', '{biceps}', '{forearms}'),
  ('Reverse-Grip Concentration Curl', true, '{dumbbell}', 'strength', 'isolation', '{forearms}', '{biceps}'),
  ('Behind-the-Back Wrist Curl', true, '{barbell,cable}', 'strength', 'isolation', '{forearms}', '{}'),
  ('Seated Wrist Extension', false, '{barbell}', 'strength', 'isolation', '{forearms}', '{}'),
  ('Hand Gripper', true, '{other}', 'strength', 'isolation', '{forearms}', '{}'),
  ('Overhead Carry', true, '{dumbbell,kettlebell}', 'strength', 'compound', '{delt_front,traps_upper}', '{abs,triceps}'),
  ('Yoke Carry', true, '{other}', 'strength', 'compound', '{quads,traps_upper}', '{glutes,abs,lower_back}'),
  ('Sandbag Carry', true, '{other}', 'strength', 'compound', '{upper_back,forearms}', '{abs,glutes,quads}'),

  -- Triceps
  ('Triceps Pushdown', true, '{cable,band}', 'strength', 'isolation', '{triceps}', '{}'),
  ('Triceps Rope Pushdown', true, '{cable}', 'strength', 'isolation', '{triceps}', '{}'),
  ('Single-Arm Triceps Pushdown', true, '{cable}', 'strength', 'isolation', '{triceps}', '{}'),
  ('Triceps Extension', false, '{dumbbell,cable,barbell,machine,band,ez_bar,suspension}', 'strength', 'isolation', '{triceps}', '{}'),
  ('Overhead Triceps Extension', false, '{cable,dumbbell,ez_bar}', 'strength', 'isolation', '{triceps}', '{}'),
  ('Single-Arm Triceps Extension', false, '{dumbbell,cable}', 'strength', 'isolation', '{triceps}', '{}'),
  ('Skull Crusher', true, '{barbell,ez_bar,dumbbell}', 'strength', 'isolation', '{triceps}', '{}'),
  ('Triceps Kickback', true, '{dumbbell,cable}', 'strength', 'isolation', '{triceps}', '{delt_front}'),
  ('JM Press', true, '{barbell,smith_machine}', 'strength', 'compound', '{triceps}', '{chest_mid,delt_front}'),
  ('Tate Press', true, '{dumbbell}', 'strength', 'isolation', '{triceps}', '{chest_mid}'),
  ('Triceps Dip', true, '{none}', 'bodyweight', 'compound', '{triceps}', '{chest_mid,delt_front}'),
  ('Weighted Triceps Dip', true, '{plate}', 'strength', 'compound', '{triceps}', '{chest_mid,delt_front}'),
  ('Assisted Triceps Dip', true, '{machine,band}', 'strength', 'compound', '{triceps}', '{chest_mid,delt_front}'),
  ('Seated Dip', true, '{machine}', 'strength', 'compound', '{triceps}', '{chest_mid,delt_front}'),
  ('Bench Dip', true, '{none}', 'bodyweight', 'compound', '{triceps}', '{chest_mid,delt_front}'),
  ('Floor Dip', true, '{none}', 'bodyweight', 'compound', '{triceps}', '{delt_front}'),
  ('Seated Triceps Press', true, '{machine}', 'strength', 'compound', '{triceps}', '{}'),
  ('Wide-Elbow Triceps Press', true, '{dumbbell}', 'strength', 'compound', '{triceps}', '{chest_mid}'),
  ('Katana Extension', true, '{cable}', 'strength', 'isolation', '{triceps}', '{}'),
  ('Single-Arm Rope Pushdown', true, '{cable}', 'strength', 'isolation', '{triceps}', '{}'),
  ('Reverse-Grip Triceps Pushdown', true, '{cable}', 'strength', 'isolation', '{triceps}', '{}'),
  ('Reverse-Grip Bench Press', true, '{barbell}', 'strength', 'compound', '{triceps,chest_upper}', '{delt_front,chest_mid}'),

  -- Trunk
  ('Plank', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{obliques,delt_front}'),
  ('Weighted Plank', true, '{plate}', 'strength', 'isolation', '{abs}', '{obliques,delt_front}'),
  ('Side Plank', true, '{none}', 'bodyweight', 'isolation', '{obliques}', '{abs,abductors}'),
  ('Copenhagen Plank', true, '{none}', 'bodyweight', 'isolation', '{adductors}', '{obliques}'),
  ('Hollow Hold', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors}'),
  ('L-Sit', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors,triceps}'),
  ('Crunch', true, '{none,cable,machine,exercise_ball}', 'bodyweight', 'isolation', '{abs}', '{obliques}'),
  ('Weighted Crunch', true, '{plate}', 'strength', 'isolation', '{abs}', '{obliques}'),
  ('Decline Crunch', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{obliques}'),
  ('Weighted Decline Crunch', true, '{plate}', 'strength', 'isolation', '{abs}', '{obliques}'),
  ('Reverse Crunch', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{obliques}'),
  ('Bicycle Crunch', true, '{none}', 'bodyweight', 'isolation', '{abs,obliques}', '{}'),
  ('Sit-Up', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors}'),
  ('Weighted Sit-Up', true, '{plate}', 'strength', 'isolation', '{abs}', '{hip_flexors}'),
  ('V-Up', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors}'),
  ('Lying Leg Raise', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors}'),
  ('Hanging Leg Raise', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors,forearms}'),
  ('Hanging Knee Raise', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors,forearms}'),
  ('Captain''s Chair Leg Raise', true, '{other}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors}'),
  ('Toes-to-Bar', true, '{none}', 'bodyweight', 'compound', '{abs}', '{lats,forearms,hip_flexors}'),
  ('Dragon Flag', true, '{none}', 'bodyweight', 'compound', '{abs}', '{obliques,lats}'),
  ('Ab Wheel Rollout', true, '{other}', 'bodyweight', 'compound', '{abs}', '{lats,delt_front}'),
  ('Russian Twist', true, '{none,plate,medicine_ball}', 'bodyweight', 'isolation', '{obliques}', '{abs}'),
  ('Side Bend', true, '{dumbbell,cable,none,band,plate}', 'strength', 'isolation', '{obliques}', '{lower_back}'),
  ('Wood Chop', true, '{cable,medicine_ball}', 'strength', 'compound', '{obliques}', '{abs,delt_front}'),
  ('Pallof Press', true, '{cable,band}', 'strength', 'isolation', '{obliques}', '{abs}'),
  ('Torso Rotation', true, '{machine}', 'strength', 'isolation', '{obliques}', '{abs}'),
  ('Dead Bug', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{obliques}'),
  ('Bird Dog', true, '{none}', 'bodyweight', 'isolation', '{lower_back}', '{abs,glutes}'),
  ('Flutter Kick', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors}'),
  ('Scissor Kick', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors}'),
  ('Raised-Leg Bicycle Crunch', true, '{none}', 'bodyweight', 'isolation', '{abs,obliques}', '{hip_flexors}'),
  ('Oblique Crunch', true, '{none}', 'bodyweight', 'isolation', '{obliques}', '{abs}'),
  ('Cross-Body Crunch', true, '{none}', 'bodyweight', 'isolation', '{abs,obliques}', '{hip_flexors}'),
  ('Side Crunch', true, '{none}', 'bodyweight', 'isolation', '{obliques}', '{abs}'),
  ('Elbow-to-Knee Crunch', true, '{none}', 'bodyweight', 'isolation', '{abs,obliques}', '{hip_flexors}'),
  ('Heel Tap', true, '{none}', 'bodyweight', 'isolation', '{obliques}', '{abs}'),
  ('Hollow Rock', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors}'),
  ('Jackknife', true, '{none,suspension,exercise_ball}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors}'),
  ('Dragonfly', true, '{none}', 'bodyweight', 'compound', '{abs}', '{obliques,lats}'),
  ('Lying Knee Raise', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors}'),
  ('Captain''s Chair Knee Raise', true, '{other}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors}'),
  ('Reverse Plank', true, '{none}', 'bodyweight', 'isolation', '{glutes,lower_back}', '{hamstrings,abs}'),
  ('Spiderman Plank', true, '{none}', 'bodyweight', 'isolation', '{abs,obliques}', '{hip_flexors}'),
  ('Toe Touch', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{}'),
  ('Seated Knee Tuck', true, '{none}', 'bodyweight', 'isolation', '{abs}', '{hip_flexors}'),
  ('Seated Leg Raise', true, '{none}', 'bodyweight', 'isolation', '{abs,hip_flexors}', '{}'),
  ('Kettlebell Around the World', true, '{kettlebell}', 'strength', 'compound', '{abs,obliques}', '{forearms,delt_side}'),
  ('Landmine Rotation', true, '{barbell}', 'strength', 'compound', '{obliques}', '{abs,delt_front}'),
  ('Low-to-High Wood Chop', true, '{cable,band}', 'strength', 'compound', '{obliques}', '{abs,delt_front}'),
  ('High-to-Low Wood Chop', true, '{cable,band}', 'strength', 'compound', '{obliques}', '{abs,lats}'),
  ('Roman Chair Side Bend', true, '{none}', 'bodyweight', 'isolation', '{obliques}', '{lower_back}'),
  ('Hanging Windshield Wiper', true, '{none}', 'bodyweight', 'compound', '{obliques,abs}', '{hip_flexors,forearms}'),
  ('Knees-to-Elbows', true, '{none}', 'bodyweight', 'compound', '{abs}', '{hip_flexors,forearms,lats}'),
  ('Turkish Get-Up', true, '{kettlebell,dumbbell}', 'strength', 'compound', '{delt_front,abs}', '{obliques,glutes,quads}'),

  -- Olympic lifts
  ('Clean and Jerk', true, '{barbell}', 'olympic', 'compound', '{quads,glutes,delt_front}', '{hamstrings,traps_upper,triceps,lower_back,delt_side}'),
  ('Clean', true, '{barbell,kettlebell,dumbbell}', 'olympic', 'compound', '{quads,glutes}', '{hamstrings,traps_upper,lower_back}'),
  ('Power Clean', true, '{barbell}', 'olympic', 'compound', '{glutes,quads}', '{hamstrings,traps_upper,lower_back}'),
  ('Hang Clean', true, '{barbell,dumbbell}', 'olympic', 'compound', '{glutes,quads}', '{hamstrings,traps_upper}'),
  ('Clean Pull', true, '{barbell}', 'olympic', 'compound', '{glutes,hamstrings}', '{quads,traps_upper,lower_back}'),
  ('Clean and Press', true, '{barbell,dumbbell,kettlebell}', 'olympic', 'compound', '{delt_front,glutes}', '{quads,hamstrings,traps_upper,triceps,delt_side}'),
  ('Split Jerk', true, '{barbell}', 'olympic', 'compound', '{delt_front}', '{quads,glutes,triceps,delt_side}'),
  ('Push Jerk', true, '{barbell}', 'olympic', 'compound', '{delt_front}', '{quads,glutes,triceps,delt_side}'),
  ('Snatch', true, '{barbell,dumbbell,kettlebell}', 'olympic', 'compound', '{quads,glutes,delt_front}', '{hamstrings,traps_upper,upper_back}'),
  ('Power Snatch', true, '{barbell}', 'olympic', 'compound', '{glutes,delt_front}', '{quads,hamstrings,traps_upper}'),
  ('Hang Snatch', true, '{barbell}', 'olympic', 'compound', '{glutes,delt_front}', '{quads,hamstrings,traps_upper}'),
  ('Snatch Pull', true, '{barbell}', 'olympic', 'compound', '{glutes,hamstrings}', '{traps_upper,upper_back,lower_back}'),
  ('High Pull', true, '{barbell,kettlebell}', 'olympic', 'compound', '{traps_upper,delt_side}', '{glutes,hamstrings}'),
  ('Thruster', true, '{barbell,dumbbell,kettlebell}', 'olympic', 'compound', '{quads,delt_front}', '{glutes,triceps,delt_side}'),
  ('Landmine Squat and Press', true, '{barbell}', 'strength', 'compound', '{quads,delt_front}', '{glutes,triceps}'),
  ('Press Under', true, '{barbell}', 'olympic', 'compound', '{delt_front}', '{quads,glutes,traps_upper}'),
  ('Snatch Balance', true, '{barbell}', 'olympic', 'compound', '{quads,delt_front}', '{glutes,upper_back}'),
  ('Muscle Snatch', true, '{barbell}', 'olympic', 'compound', '{delt_front,traps_upper}', '{glutes,hamstrings}'),
  ('Devil Press', true, '{dumbbell}', 'olympic', 'compound', '{glutes,delt_front}', '{hamstrings,chest_mid,abs}'),
  ('Man Maker', true, '{dumbbell}', 'olympic', 'compound', '{delt_front,upper_back}', '{chest_mid,quads,glutes}'),
  ('Atlas Stone', true, '{other}', 'strength', 'compound', '{glutes,lower_back}', '{hamstrings,upper_back,biceps}'),

  -- Jumps, throws and conditioning
  ('Box Jump', true, '{none}', 'plyometric', 'compound', '{quads,glutes}', '{calves,hamstrings}'),
  ('Squat Jump', true, '{none}', 'plyometric', 'compound', '{quads,glutes}', '{calves}'),
  ('Jump Lunge', true, '{none}', 'plyometric', 'compound', '{quads,glutes}', '{calves,hamstrings}'),
  ('Broad Jump', true, '{none}', 'plyometric', 'compound', '{glutes,quads}', '{calves,hamstrings}'),
  ('Depth Jump', true, '{none}', 'plyometric', 'compound', '{quads,calves}', '{glutes}'),
  ('Clap Push-Up', true, '{none}', 'plyometric', 'compound', '{chest_mid}', '{triceps,delt_front,chest_upper,serratus}'),
  ('Burpee', true, '{none}', 'plyometric', 'compound', '{quads,chest_mid}', '{delt_front,abs,triceps}'),
  ('Ball Slam', true, '{medicine_ball}', 'plyometric', 'compound', '{abs}', '{lats,delt_front}'),
  ('Wall Ball', true, '{medicine_ball}', 'plyometric', 'compound', '{quads,delt_front}', '{glutes}'),
  ('Mountain Climber', true, '{none}', 'cardio', 'compound', '{abs}', '{delt_front,hip_flexors}'),
  ('Jumping Jack', true, '{none}', 'cardio', 'compound', '{calves}', '{delt_front,quads}'),
  ('Battle Ropes', true, '{other}', 'cardio', 'compound', '{delt_front}', '{forearms,abs}'),
  ('Sled Push', true, '{other}', 'strength', 'compound', '{quads,glutes}', '{calves,delt_front}'),
  ('Sled Pull', true, '{other}', 'strength', 'compound', '{upper_back,hamstrings}', '{biceps,glutes}'),
  ('Tire Flip', true, '{other}', 'strength', 'compound', '{glutes,lower_back}', '{quads,hamstrings,upper_back}'),
  ('Burpee over the Bar', true, '{none}', 'plyometric', 'compound', '{quads,chest_mid}', '{delt_front,abs,calves}'),
  ('Frog Jump', true, '{none}', 'plyometric', 'compound', '{quads,glutes}', '{calves,adductors}'),
  ('Lateral Box Jump', true, '{none}', 'plyometric', 'compound', '{quads,glutes}', '{calves,abductors}'),
  ('Tuck Jump', true, '{none}', 'plyometric', 'compound', '{quads,glutes}', '{calves,hip_flexors}'),
  ('High Knees', true, '{none}', 'cardio', 'compound', '{hip_flexors}', '{quads,calves}'),
  ('High Knee Skip', true, '{none}', 'plyometric', 'compound', '{hip_flexors}', '{calves,quads}'),
  ('Butt Kick', true, '{none}', 'cardio', 'compound', '{hamstrings}', '{calves}'),
  ('Bear Crawl', true, '{none}', 'cardio', 'compound', '{abs,delt_front}', '{quads,triceps}'),

  -- Endurance
  ('Running', true, '{none}', 'cardio', null, '{quads,calves}', '{hamstrings,glutes}'),
  ('Treadmill', true, '{cardio_machine}', 'cardio', null, '{quads,calves}', '{hamstrings,glutes}'),
  ('Sprint', true, '{none}', 'cardio', null, '{hamstrings,quads}', '{glutes,calves}'),
  ('Walking', true, '{none}', 'cardio', null, '{calves}', '{quads,glutes}'),
  ('Hiking', true, '{none}', 'cardio', null, '{quads,calves}', '{glutes,hamstrings}'),
  ('Cycling', true, '{none}', 'cardio', null, '{quads}', '{glutes,calves,hamstrings}'),
  ('Stationary Bike', true, '{cardio_machine}', 'cardio', null, '{quads}', '{glutes,calves}'),
  ('Air Bike', true, '{cardio_machine}', 'cardio', null, '{quads}', '{delt_front,glutes}'),
  ('Rowing Machine', true, '{cardio_machine}', 'cardio', null, '{upper_back,quads}', '{lats,hamstrings,biceps}'),
  ('Elliptical Trainer', true, '{cardio_machine}', 'cardio', null, '{quads}', '{glutes,hamstrings}'),
  ('Stair Climber', true, '{cardio_machine}', 'cardio', null, '{glutes,quads}', '{calves}'),
  ('Ski Ergometer', true, '{cardio_machine}', 'cardio', null, '{lats,triceps}', '{abs,delt_front}'),
  ('Cross-Country Skiing', true, '{none}', 'cardio', null, '{quads,lats}', '{triceps,glutes}'),
  ('Swimming', true, '{none}', 'cardio', null, '{lats,delt_front}', '{triceps,abs}'),
  ('Jump Rope', true, '{other}', 'cardio', null, '{calves}', '{delt_front,forearms}'),
  ('Boxing', true, '{other}', 'cardio', null, '{delt_front}', '{abs,triceps}'),
  ('Indoor Climbing', true, '{none}', 'cardio', null, '{forearms,lats}', '{biceps,upper_back}'),
  ('Climbing', true, '{none}', 'cardio', null, '{forearms,lats}', '{biceps,upper_back}'),
  ('Aerobics', true, '{none}', 'cardio', null, '{quads}', '{calves,glutes}'),
  ('HIIT', true, '{none}', 'cardio', null, '{quads}', '{glutes,calves}'),
  ('Stair Climber (Floors)', true, '{cardio_machine}', 'cardio', null, '{glutes,quads}', '{calves}'),
  ('Stair Climber (Steps)', true, '{cardio_machine}', 'cardio', null, '{glutes,quads}', '{calves}'),
  ('Skating', true, '{none}', 'cardio', null, '{quads,glutes}', '{abductors,adductors}'),
  ('Skiing', true, '{none}', 'cardio', null, '{quads}', '{glutes,abs}'),
  ('Snowboarding', true, '{none}', 'cardio', null, '{quads}', '{calves,abs}'),
  ('Rucking', true, '{other}', 'cardio', null, '{quads,calves}', '{glutes,traps_upper}'),
  ('Football', true, '{none}', 'cardio', null, '{quads,hamstrings}', '{calves,hip_flexors}'),
  ('Basketball', true, '{none}', 'cardio', null, '{quads,calves}', '{glutes}'),
  ('Tennis', true, '{other}', 'cardio', null, '{forearms,quads}', '{obliques,delt_front}'),
  ('Dancing', true, '{none}', 'cardio', null, '{calves,quads}', '{glutes}'),
  ('Martial Arts', true, '{none}', 'cardio', null, '{quads,delt_front}', '{obliques,hip_flexors}'),

  -- Mobility and preparation
  ('Warm-Up', true, '{none}', 'mobility', null, '{}', '{}'),
  ('Stretching', true, '{none}', 'mobility', null, '{}', '{}'),
  ('Foam Rolling', true, '{other}', 'mobility', null, '{}', '{}'),
  ('Yoga', true, '{none}', 'mobility', null, '{}', '{}'),
  ('Pilates', true, '{none}', 'mobility', null, '{abs}', '{}'),
  ('Cat-Cow', true, '{none}', 'mobility', null, '{lower_back}', '{abs}'),
  ('Downward Dog', true, '{none}', 'mobility', null, '{hamstrings,delt_front}', '{calves}'),
  ('Meditation', true, '{none}', 'mobility', null, '{}', '{}'),
  ('Child''s Pose', true, '{none}', 'mobility', null, '{lats}', '{lower_back}'),
  ('Couch Stretch', true, '{none}', 'mobility', null, '{hip_flexors}', '{quads}'),
  ('Calf Stretch', true, '{none}', 'mobility', null, '{calves}', '{}'),
  ('Hip Flexor Stretch', true, '{none}', 'mobility', null, '{hip_flexors}', '{}'),
  ('Hamstring Stretch', true, '{none}', 'mobility', null, '{hamstrings}', '{}'),
  ('Pigeon Stretch', true, '{none}', 'mobility', null, '{glutes}', '{}'),
  ('Shoulder Dislocate', true, '{band}', 'mobility', null, '{delt_rear}', '{chest_mid}'),
  ('Thoracic Rotation', true, '{none}', 'mobility', null, '{upper_back}', '{obliques}'),
  ('World''s Greatest Stretch', true, '{none}', 'mobility', null, '{hamstrings}', '{glutes,upper_back}');
-- noqa: enable=LT05

-- The word for each equipment in a name, and in the brackets of Hevy's and Strong's names.
create temporary table listed_equipment (equipment text primary key, word text not null);

insert into listed_equipment (equipment, word)
values
  ('none', 'Bodyweight'),
  ('barbell', 'Barbell'),
  ('dumbbell', 'Dumbbell'),
  ('kettlebell', 'Kettlebell'),
  ('machine', 'Machine'),
  ('cable', 'Cable'),
  ('smith_machine', 'Smith Machine'),
  ('band', 'Band'),
  ('plate', 'Weighted'),
  ('trap_bar', 'Trap Bar'),
  ('ez_bar', 'EZ Bar'),
  ('suspension', 'Suspension'),
  ('medicine_ball', 'Medicine Ball'),
  ('exercise_ball', 'Stability Ball'),
  ('cardio_machine', 'Machine'),
  ('other', 'Other');

-- A movement with one of its pieces of equipment. Words of position come first: "Seated Cable Row".
create temporary table listed_exercises as
select
  case
    when m.plain and e.place = 1 then m.name
    else regexp_replace(
      m.name,
      '^((?:(?:Single-Arm|Single-Leg|Incline|Decline|Seated|Standing|Lying|Kneeling|Chest-Supported|Bent-Over'
      '|Overhead) )?)',
      '\1' || q.word || ' '
    )
  end as name,
  m.name as movement,
  e.place,
  e.equipment,
  q.word,
  case when e.equipment = 'none' and m.category = 'strength' then 'bodyweight' else m.category end as category,
  m.mechanic,
  m.primary_muscles,
  m.secondary_muscles
from listed_movements as m
cross join unnest(m.equipment) with ordinality as e (equipment, place)
join listed_equipment as q on q.equipment = e.equipment;

-- What is recorded of a set, where it isn't what the category and the equipment let expect (below). The factor is the part
-- of the bodyweight that is lifted, where a source says it: hanging and in support all of it; push-ups by Ebben et al. 2011
-- (hands or feet 30 cm up where they are up); on the feet all but the parts that stay below, by the masses of Winter 2009:
-- a foot 0.0145, foot and shank 0.061.
create temporary table listed_tracking (
  movement text,
  equipment text[],  -- null: all of it
  tracking text not null,
  bodyweight_factor float8
);

insert into listed_tracking (movement, equipment, tracking, bodyweight_factor)
values
  ('Pull-Up', null, 'bodyweight_reps', 1),
  ('Weighted Pull-Up', null, 'bodyweight_reps', 1),
  ('Assisted Pull-Up', null, 'bodyweight_reps', 1),
  ('Wide-Grip Pull-Up', null, 'bodyweight_reps', 1),
  ('Neutral-Grip Pull-Up', null, 'bodyweight_reps', 1),
  ('Chin-Up', null, 'bodyweight_reps', 1),
  ('Weighted Chin-Up', null, 'bodyweight_reps', 1),
  ('Assisted Chin-Up', null, 'bodyweight_reps', 1),
  ('Scapular Pull-Up', null, 'bodyweight_reps', 1),
  ('Muscle-Up', null, 'bodyweight_reps', 1),
  ('Chest Dip', null, 'bodyweight_reps', 1),
  ('Weighted Chest Dip', null, 'bodyweight_reps', 1),
  ('Assisted Chest Dip', null, 'bodyweight_reps', 1),
  ('Ring Dip', null, 'bodyweight_reps', 1),
  ('Triceps Dip', null, 'bodyweight_reps', 1),
  ('Weighted Triceps Dip', null, 'bodyweight_reps', 1),
  ('Assisted Triceps Dip', null, 'bodyweight_reps', 1),
  ('Handstand Push-Up', null, 'bodyweight_reps', 1),
  ('Push-Up', '{none}', 'bodyweight_reps', 0.64),
  ('Push-Up', '{band,suspension}', 'bodyweight_reps', null),
  ('Weighted Push-Up', null, 'bodyweight_reps', 0.64),
  ('Diamond Push-Up', null, 'bodyweight_reps', 0.64),
  ('Clap Push-Up', null, 'bodyweight_reps', 0.64),
  ('Knee Push-Up', null, 'bodyweight_reps', 0.49),
  ('Incline Push-Up', null, 'bodyweight_reps', 0.55),
  ('Decline Push-Up', null, 'bodyweight_reps', 0.7),
  ('Pike Push-Up', null, 'bodyweight_reps', null),
  ('Bench Dip', null, 'bodyweight_reps', null),
  ('Inverted Row', null, 'bodyweight_reps', null),
  ('Nordic Hamstring Curl', null, 'bodyweight_reps', null),
  ('Glute-Ham Raise', null, 'bodyweight_reps', null),
  ('Squat', '{none}', 'bodyweight_reps', 0.88),
  ('Sumo Squat', '{none}', 'bodyweight_reps', 0.88),
  ('Sissy Squat', null, 'bodyweight_reps', null),
  ('Cossack Squat', '{none}', 'bodyweight_reps', null),
  ('Pistol Squat', null, 'bodyweight_reps', 0.94),
  ('Standing Calf Raise', '{none}', 'bodyweight_reps', 0.97),
  ('Single-Leg Calf Raise', '{none}', 'bodyweight_reps', 0.98),
  ('Back Extension', '{none}', 'bodyweight_reps', null),
  ('Back Extension', '{plate}', 'bodyweight_reps', null),
  ('Plank', null, 'time', null),
  ('Side Plank', null, 'time', null),
  ('Copenhagen Plank', null, 'time', null),
  ('Hollow Hold', null, 'time', null),
  ('L-Sit', null, 'time', null),
  ('Wall Sit', null, 'time', null),
  ('Dead Hang', null, 'time', null),
  ('Superman', null, 'time', null),
  ('Battle Ropes', null, 'time', null),
  ('Jump Rope', null, 'time', null),
  ('Boxing', null, 'time', null),
  ('Indoor Climbing', null, 'time', null),
  ('Weighted Plank', null, 'weight_time', null),
  ('Plate Pinch', null, 'weight_time', null),
  ('Farmer''s Walk', null, 'weight_distance', null),
  ('Suitcase Carry', null, 'weight_distance', null),
  ('Sled Push', null, 'weight_distance', null),
  ('Sled Pull', null, 'weight_distance', null),
  ('Mountain Climber', null, 'reps', null),
  ('Jumping Jack', null, 'reps', null),
  ('Cat-Cow', null, 'reps', null),
  ('Assisted Pistol Squat', null, 'bodyweight_reps', 0.94),
  ('Full Squat', '{none}', 'bodyweight_reps', 0.88),
  ('Single-Leg Standing Calf Raise', '{none}', 'bodyweight_reps', 0.98),
  ('Close-Grip Push-Up', null, 'bodyweight_reps', 0.64),
  ('Wide-Grip Push-Up', null, 'bodyweight_reps', 0.64),
  ('Single-Arm Push-Up', null, 'bodyweight_reps', null),
  ('Ring Push-Up', null, 'bodyweight_reps', null),
  ('Archer Push-Up', null, 'bodyweight_reps', 0.64),
  ('Negative Pull-Up', null, 'bodyweight_reps', 1),
  ('Kipping Pull-Up', null, 'bodyweight_reps', 1),
  ('Sternum Pull-Up', null, 'bodyweight_reps', 1),
  ('Ring Pull-Up', null, 'bodyweight_reps', 1),
  ('Ring Muscle-Up', null, 'bodyweight_reps', 1),
  ('Commando Pull-Up', null, 'bodyweight_reps', 1),
  ('Low Row', '{suspension}', 'bodyweight_reps', null),
  ('Front Raise', '{suspension}', 'bodyweight_reps', null),
  ('Y Raise', '{suspension}', 'bodyweight_reps', null),
  ('T Raise', '{suspension}', 'bodyweight_reps', null),
  ('Leg Curl', null, 'reps', null),
  ('Jackknife', null, 'reps', null),
  ('Captain''s Chair Knee Raise', null, 'reps', null),
  ('Rope Climb', null, 'reps', null),
  ('Spanish Squat', null, 'weight_reps', null),
  ('Front Lever', null, 'time', null),
  ('Back Lever', null, 'time', null),
  ('Handstand', null, 'time', null),
  ('Reverse Plank', null, 'time', null),
  ('Climbing', null, 'time', null),
  ('Aerobics', null, 'time', null),
  ('HIIT', null, 'time', null),
  ('Stair Climber (Floors)', null, 'custom', null),
  ('Stair Climber (Steps)', null, 'custom', null),
  ('Football', null, 'time', null),
  ('Basketball', null, 'time', null),
  ('Tennis', null, 'time', null),
  ('Dancing', null, 'time', null),
  ('Martial Arts', null, 'time', null),
  ('High Knees', null, 'time', null),
  ('Butt Kick', null, 'time', null),
  ('Overhead Carry', null, 'weight_distance', null),
  ('Yoke Carry', null, 'weight_distance', null),
  ('Sandbag Carry', null, 'weight_distance', null),
  ('Bear Crawl', null, 'distance_time', null),
  ('Shoulder Dislocate', null, 'reps', null),
  ('Thoracic Rotation', null, 'reps', null),
  ('Jefferson Curl', null, 'weight_reps', null),
  ('Captain''s Chair Leg Raise', null, 'reps', null),
  ('Ab Wheel Rollout', null, 'reps', null);

-- Movements and exercises with one dumbbell or kettlebell, or with two that are one load.
create temporary table listed_single_loads (name text primary key);

insert into listed_single_loads (name)
values
  ('Goblet Squat'), ('Sumo Squat'), ('Sumo Deadlift'), ('Cossack Squat'), ('Hip Thrust'), ('Single-Leg Hip Thrust'),
  ('Glute Bridge'), ('Lying Leg Curl'), ('Seated Calf Raise'), ('Single-Leg Calf Raise'), ('Jefferson Curl'),
  ('Kettlebell Swing'), ('Pullover'), ('Single-Arm Row'), ('Gorilla Row'), ('Kettlebell Upright Row'), ('High Pull'),
  ('Single-Arm Lateral Raise'), ('External Rotation'), ('Concentration Curl'), ('Suitcase Carry'), ('Snatch'),
  ('Overhead Triceps Extension'), ('Triceps Extension'), ('Single-Arm Triceps Extension'), ('Side Bend'),
  ('Turkish Get-Up'), ('Single-Leg Romanian Deadlift'), ('Single-Leg Deadlift'), ('Preacher Curl'), ('Box Squat'),
  ('Around the World'), ('Kettlebell Around the World'), ('Halo'), ('Single-Arm Shoulder Press'),
  ('Single-Arm Biceps Curl'), ('Waiter Curl'),
  ('Reverse-Grip Concentration Curl'), ('Side-Lying External Rotation'), ('Kroc Row'), ('Overhead Carry'),
  ('Frog Pump'), ('Kettlebell Clean'), ('Pullover Crunch'), ('Lateral Squat'),
  ('Deadlift High Pull');

-- Movements in which each hand has a cable of its own.
create temporary table listed_paired_cables (movement text primary key);

insert into listed_paired_cables (movement)
values
  ('Bench Press'), ('Incline Bench Press'), ('Chest Press'), ('Chest Fly'), ('Incline Chest Fly'),
  ('Decline Chest Fly'), ('Seated Chest Fly'), ('Cable Crossover'), ('Low Cable Crossover'), ('Shoulder Press'),
  ('Rear Delt Fly'),
  ('High Curl'), ('Cable Crossover Ladder'), ('Bottom-Half Seated Cable Fly'), ('High Cable Crossover'),
  ('Super-Bayesian High Cable Curl'), ('Y Raise');

-- One arm or leg at a time, where the name doesn't say so by "Single".
create temporary table listed_one_sided (movement text primary key);

insert into listed_one_sided (movement)
values
  ('Pistol Squat'), ('Cossack Squat'), ('Bulgarian Split Squat'), ('Split Squat'), ('Lunge'), ('Reverse Lunge'),
  ('Walking Lunge'), ('Lateral Lunge'), ('Curtsy Lunge'), ('Step-Up'), ('Standing Leg Curl'), ('Glute Kickback'),
  ('Clamshell'), ('Fire Hydrant'), ('Meadows Row'), ('External Rotation'), ('Internal Rotation'),
  ('Concentration Curl'), ('Suitcase Carry'), ('Plate Pinch'), ('Side Plank'), ('Copenhagen Plank'), ('Side Bend'),
  ('Wood Chop'), ('Pallof Press'), ('Turkish Get-Up'), ('Cross-Body Hammer Curl'), ('Bayesian Curl'),
  ('Pigeon Stretch'), ('Hip Flexor Stretch'), ('Overhead Lunge'), ('Lateral Squat'),
  ('Assisted Pistol Squat'), ('Lateral Leg Raise'), ('Rear Kick'), ('Hip Flexion'), ('Kroc Row'),
  ('Side-Lying External Rotation'), ('Pinwheel Curl'), ('Reverse-Grip Concentration Curl'),
  ('Low-to-High Wood Chop'), ('High-to-Low Wood Chop'), ('Roman Chair Side Bend'), ('Archer Push-Up'),
  ('Couch Stretch'), ('Calf Stretch'), ('Katana Extension'), ('Overhead Carry');

create temporary table listed_aliases (
  place    integer generated always as identity,
  exercise text not null,
  source   text not null,
  alias    text not null
);

-- Names that follow no rule.
insert into listed_aliases (exercise, source, alias)
values
  ('Dumbbell Lateral Raise', 'search', 'Side Lateral Raise'),
  ('Bodyweight Hip Thrust', 'hevy', 'Hip Thrust'),
  ('Barbell Hack Squat', 'hevy', 'Hack Squat'),
  ('Bodyweight Sumo Squat', 'hevy', 'Sumo Squat'),
  ('Bodyweight Side Bend', 'hevy', 'Side Bend'),
  ('Band Clamshell', 'hevy', 'Clamshell'),
  ('Standing Bodyweight Calf Raise', 'hevy', 'Standing Calf Raise'),
  ('Barbell Squat', 'any', 'Back Squat'),
  ('Low-Bar Squat', 'any', 'Low Bar Back Squat'),
  ('High-Bar Squat', 'any', 'High Bar Back Squat'),
  ('Hack Squat', 'any', 'Machine Hack Squat'),
  ('Barbell Deadlift', 'any', 'Conventional Deadlift'),
  ('Trap Bar Deadlift', 'any', 'Hex Bar Deadlift'),
  ('Romanian Deadlift', 'any', 'RDL'),
  ('Stiff-Leg Deadlift', 'any', 'Straight Leg Deadlift'),
  ('Stiff-Leg Deadlift', 'any', 'Stiff Legged Deadlift'),
  ('Barbell Bench Press', 'any', 'Flat Barbell Bench Press'),
  ('Dumbbell Bench Press', 'any', 'Flat Dumbbell Bench Press'),
  ('Dumbbell Bench Press', 'any', 'Dumbbell Press'),
  ('Dumbbell Chest Fly', 'any', 'Flat Dumbbell Fly'),
  ('Dumbbell Chest Fly', 'any', 'Dumbbell Fly'),
  ('Incline Dumbbell Chest Fly', 'any', 'Incline Dumbbell Fly'),
  ('Machine Chest Fly', 'any', 'Pec Deck'),
  ('Machine Chest Fly', 'any', 'Butterfly (Pec Deck)'),
  ('Machine Chest Fly', 'any', 'Seated Machine Fly'),
  ('Cable Crossover', 'hevy', 'Cable Fly Crossovers'),
  ('Low Cable Crossover', 'hevy', 'Low Cable Fly Crossovers'),
  ('Seated Cable Chest Fly', 'any', 'Seated Cable Fly'),
  ('Close-Grip Bench Press', 'any', 'Bench Press - Close Grip (Barbell)'),
  ('Wide-Grip Bench Press', 'any', 'Bench Press - Wide Grip (Barbell)'),
  ('Push-Up', 'any', 'Press Up'),
  ('Chest Dip', 'any', 'Dip'),
  ('Chest Dip', 'any', 'Parallel Bar Dip'),
  ('Chest Dip', 'any', 'Dips'),
  ('Weighted Chest Dip', 'any', 'Chest Dip (Weighted)'),
  ('Assisted Chest Dip', 'any', 'Chest Dip (Assisted)'),
  ('Weighted Triceps Dip', 'any', 'Triceps Dip (Weighted)'),
  ('Assisted Triceps Dip', 'any', 'Triceps Dip (Assisted)'),
  ('Seated Dip', 'any', 'Seated Dip Machine'),
  ('Weighted Pull-Up', 'any', 'Pull Up (Weighted)'),
  ('Assisted Pull-Up', 'any', 'Pull Up (Assisted)'),
  ('Weighted Chin-Up', 'any', 'Chin Up (Weighted)'),
  ('Assisted Chin-Up', 'any', 'Chin Up (Assisted)'),
  ('Wide-Grip Pull-Up', 'any', 'Wide Pull Up'),
  ('Close-Grip Lat Pulldown', 'any', 'Lat Pulldown - Close Grip (Cable)'),
  ('Wide-Grip Lat Pulldown', 'any', 'Lat Pulldown - Wide Grip (Cable)'),
  ('Reverse-Grip Lat Pulldown', 'any', 'Reverse Grip Lat Pulldown (Cable)'),
  ('Neutral-Grip Lat Pulldown', 'any', 'Lat Pulldown - Neutral Grip (Cable)'),
  ('Iso-Lateral Lat Pulldown', 'any', 'Lat Pulldown - Iso-Lateral (Machine)'),
  ('Single-Arm Lat Pulldown', 'any', '1-Arm Lat Pulldown'),
  ('Single-Arm Lat Pulldown', 'any', 'One Arm Lat Pulldown'),
  ('Straight-Arm Pulldown', 'any', 'Straight Arm Lat Pulldown (Cable)'),
  ('Straight-Arm Pulldown', 'any', 'Straight Arm Cable Pushdown'),
  ('Straight-Arm Pulldown', 'any', 'Lat Prayer'),
  ('Bent-Over Barbell Row', 'any', 'Barbell Row'),
  ('Bent-Over Dumbbell Row', 'any', 'Bent Over Dumbbell Row'),
  ('Single-Arm Dumbbell Row', 'any', 'Dumbbell Row'),
  ('Single-Arm Dumbbell Row', 'any', 'One Arm Dumbbell Row'),
  ('Seated Cable Row', 'any', 'Cable Row'),
  ('Seated Cable Wide-Grip Row', 'any', 'Seated Cable Row - Bar Wide Grip'),
  ('Seated Cable V-Grip Row', 'any', 'Seated Cable Row - V Grip (Cable)'),
  ('Chest-Supported Dumbbell Row', 'any', 'Chest Supported Incline Row (Dumbbell)'),
  ('Chest-Supported Dumbbell Row', 'any', 'Chest Supported Dumbbell Row'),
  ('Iso-Lateral Row', 'any', 'Iso-Lateral Row (Machine)'),
  ('Overhead Press', 'any', 'Military Press'),
  ('Overhead Press', 'any', 'Standing Military Press (Barbell)'),
  ('Overhead Press', 'any', 'OHP'),
  ('Barbell Shrug', 'any', 'Barbell Shrugs'),
  ('Machine Shoulder Press', 'any', 'Seated Shoulder Press (Machine)'),
  ('Dumbbell Shoulder Press', 'any', 'Seated Dumbbell Press'),
  ('Dumbbell Lateral Raise', 'any', 'Lateral Dumbbell Raise'),
  ('Dumbbell Rear Delt Fly', 'any', 'Rear Delt Reverse Fly (Dumbbell)'),
  ('Cable Rear Delt Fly', 'any', 'Rear Delt Reverse Fly (Cable)'),
  ('Machine Rear Delt Fly', 'any', 'Rear Delt Reverse Fly (Machine)'),
  ('Dumbbell Rear Delt Fly', 'any', 'Reverse Fly (Dumbbell)'),
  ('Cable Rear Delt Fly', 'any', 'Reverse Fly (Cable)'),
  ('Machine Rear Delt Fly', 'any', 'Reverse Fly (Machine)'),
  ('Machine Rear Delt Fly', 'any', 'Reverse Pec Deck'),
  ('Single-Arm Cable Rear Delt Fly', 'any', 'Reverse Fly Single Arm (Cable)'),
  ('Barbell Biceps Curl', 'any', 'Barbell Curl'),
  ('Dumbbell Biceps Curl', 'any', 'Dumbbell Curl'),
  ('Cable Biceps Curl', 'any', 'Cable Curl'),
  ('EZ Bar Biceps Curl', 'any', 'EZ Bar Curl'),
  ('EZ Bar Biceps Curl', 'any', 'EZ-Bar Curl'),
  ('Incline Dumbbell Curl', 'any', 'Seated Incline Curl (Dumbbell)'),
  ('Incline Dumbbell Curl', 'any', 'Seated Incline Dumbbell Curl'),
  ('Bayesian Curl', 'any', 'Bayesian Cable Curl'),
  ('Bayesian Curl', 'any', 'Behind the Back Curl (Cable)'),
  ('Wrist Curl', 'any', 'Seated Palms Up Wrist Curl'),
  ('Reverse Wrist Curl', 'any', 'Seated Palms Down Wrist Curl'),
  ('Farmer''s Walk', 'any', 'Farmers Walk'),
  ('Farmer''s Walk', 'any', 'Farmer''s Carry'),
  ('Triceps Pushdown', 'any', 'Triceps Pressdown'),
  ('Triceps Pushdown', 'any', 'V Bar Push Down'),
  ('Triceps Rope Pushdown', 'any', 'Rope Push Down'),
  ('Overhead Cable Triceps Extension', 'any', 'Overhead Cable Extension'),
  ('Skull Crusher', 'any', 'Skullcrusher'),
  ('Skull Crusher', 'any', 'Skullcrusher (Barbell)'),
  ('Dumbbell Skull Crusher', 'any', 'Skullcrusher (Dumbbell)'),
  ('EZ Bar Skull Crusher', 'any', 'EZ-Bar Skullcrusher'),
  ('Skull Crusher', 'any', 'Lying Triceps Extension'),
  ('Weighted Back Extension', 'any', 'Back Extension (Weighted Hyperextension)'),
  ('Back Extension', 'any', 'Back Extension (Hyperextension)'),
  ('Back Extension', 'any', 'Hyperextension'),
  ('Weighted Back Extension', 'any', 'Weighted Hyperextension'),
  ('Weighted Crunch', 'any', 'Crunch (Weighted)'),
  ('Weighted Decline Crunch', 'any', 'Decline Crunch (Weighted)'),
  ('Weighted Sit-Up', 'any', 'Sit Up (Weighted)'),
  ('Weighted Push-Up', 'any', 'Push Up (Weighted)'),
  ('Cable Crunch', 'any', 'Kneeling Cable Crunch'),
  ('Ab Wheel Rollout', 'any', 'Ab Wheel'),
  ('Ab Wheel Rollout', 'any', 'Ab-Wheel Rollout'),
  ('Captain''s Chair Leg Raise', 'any', 'Leg Raise Parallel Bars'),
  ('Toes-to-Bar', 'any', 'Toes to Bar'),
  ('Seated Leg Curl', 'any', 'Seated Leg Curl Machine'),
  ('Lying Leg Curl', 'any', 'Lying Leg Curl Machine'),
  ('Leg Extension', 'any', 'Leg Extension Machine'),
  ('Calf Press', 'any', 'Calf Press on Leg Press'),
  ('Calf Press', 'any', 'Leg Press Calf Raise'),
  ('Seated Calf Raise', 'any', 'Seated Calf Raise Machine'),
  ('Standing Calf Raise', 'any', 'Standing Calf Raise Machine'),
  ('Glute-Ham Raise', 'any', 'GHR'),
  ('Nordic Hamstring Curl', 'any', 'Nordic Curl'),
  ('Hip Abduction', 'any', 'Hip Abductor'),
  ('Hip Adduction', 'any', 'Hip Adductor'),
  ('Face Pull', 'any', 'Cable Face Pull'),
  ('Kettlebell Swing', 'any', 'Russian Kettlebell Swing'),
  ('Cycling', 'any', 'Road Cycling'),
  ('Stationary Bike', 'any', 'Indoor Cycling'),
  ('Stationary Bike', 'any', 'Spinning'),
  ('Rowing Machine', 'any', 'Indoor Rowing'),
  ('Elliptical Trainer', 'any', 'Elliptical'),
  ('Running', 'any', 'Run'),
  ('Treadmill', 'any', 'Running (Treadmill)'),
  ('Treadmill', 'any', 'Treadmill Running'),
  ('Stair Climber', 'any', 'Stair Machine'),
  ('Jump Rope', 'any', 'Skipping'),
  ('Seated Cable Chest Fly', 'any', 'Seated Cable Flys'),
  ('Cable Chest Fly', 'any', 'Cable Flys'),
  ('Cable Chest Fly', 'any', 'Cable Fly'),
  ('Dumbbell Front Raise', 'any', 'Front Dumbbell Raise'),
  ('Weighted Front Raise', 'any', 'Plate Front Raise'),
  ('Standing Barbell Calf Raise', 'any', 'Barbell Calf Raise'),
  ('EZ Bar Preacher Curl', 'any', 'EZ-Bar Preacher Curl'),
  ('Triceps Dip', 'any', 'Parallel Bar Triceps Dip'),
  ('Overhead Press', 'any', 'Standing Barbell Shoulder Press'),
  ('Machine Rear Delt Fly', 'any', 'Rear Delt Machine Fly'),
  ('Chest Press', 'any', 'Flat Machine Bench Press'),
  ('Biceps Curl 21s', 'hevy', '21s Bicep Curl'),
  ('Scissor Kick', 'any', 'Ab Scissors'),
  ('Scissor Kick', 'any', 'Scissors'),
  ('Dumbbell Around the World', 'hevy', 'Around The World'),
  ('Assisted Pistol Squat', 'any', 'Assisted Pistol Squats'),
  ('Ball Slam', 'any', 'Ball Slams'),
  ('Band Pull-Apart', 'any', 'Band Pullaparts'),
  ('Behind-the-Back Wrist Curl', 'any', 'Behind the Back Bicep Wrist Curl (Barbell)'),
  ('Raised-Leg Bicycle Crunch', 'any', 'Bicycle Crunch Raised Legs'),
  ('Pallof Press', 'any', 'Cable Core Palloff Press'),
  ('Low-to-High Wood Chop', 'any', 'Cable Twist (Down to up)'),
  ('High-to-Low Wood Chop', 'any', 'Cable Twist (Up to down)'),
  ('Chest-Supported Dumbbell Rear Delt Fly', 'any', 'Chest Supported Reverse Fly (Dumbbell)'),
  ('Clap Push-Up', 'any', 'Clap Push Ups'),
  ('Hex Press', 'any', 'Dumbbell Squeeze Press'),
  ('Elbow-to-Knee Crunch', 'any', 'Elbow to Knee'),
  ('Fire Hydrant', 'any', 'Fire Hydrants'),
  ('Floor Dip', 'any', 'Floor Triceps Dip'),
  ('Flutter Kick', 'any', 'Flutter Kicks'),
  ('Frog Jump', 'any', 'Frog Jumps'),
  ('Dumbbell Frog Pump', 'any', 'Frog Pumps (Dumbbell)'),
  ('Front Lever', 'any', 'Front Lever Hold'),
  ('Barbell Full Squat', 'hevy', 'Full Squat'),
  ('Bodyweight Glute Kickback', 'any', 'Glute Kickback on Floor'),
  ('Handstand', 'any', 'Handstand Hold'),
  ('Heel Tap', 'any', 'Heel Taps'),
  ('High Knee Skip', 'any', 'High Knee Skips'),
  ('Incline Push-Up', 'any', 'Incline Push Ups'),
  ('Suspension Jackknife', 'any', 'Jack Knife (Suspension)'),
  ('Jackknife', 'any', 'Jackknife Sit Up'),
  ('Squat Jump', 'any', 'Jump Squat'),
  ('Jump Lunge', 'any', 'Jumping Lunge'),
  ('Kettlebell Biceps Curl', 'any', 'Kettlebell Curl'),
  ('Captain''s Chair Knee Raise', 'any', 'Knee Raise Parallel Bars'),
  ('Knee Push-Up', 'any', 'Kneeling Push Up'),
  ('L-Sit', 'any', 'L-Sit Hold'),
  ('Landmine Rotation', 'any', 'Landmine 180'),
  ('Lateral Band Walk', 'any', 'Lateral Band Walks'),
  ('Lateral Leg Raise', 'any', 'Lateral Leg Raises'),
  ('Lateral Leg Raise', 'any', 'Side-Lying Leg Raise'),
  ('Horizontal Leg Press', 'any', 'Leg Press Horizontal (Machine)'),
  ('Bodyweight Neck Curl', 'any', 'Lying Neck Curls'),
  ('Neck Curl', 'any', 'Lying Neck Curls (Weighted)'),
  ('Bodyweight Neck Extension', 'any', 'Lying Neck Extension'),
  ('Neck Extension', 'any', 'Lying Neck Extension (Weighted)'),
  ('Meadows Row', 'any', 'Meadows Rows (Barbell)'),
  ('Nordic Hamstring Curl', 'any', 'Nordic Hamstrings Curls'),
  ('Single-Arm Push-Up', 'any', 'One Arm Push Up'),
  ('Cable High Curl', 'any', 'Overhead Curl (Cable)'),
  ('Overhead Dumbbell Lunge', 'any', 'Overhead Lunge (Dumbbell)'),
  ('Pike Push-Up', 'any', 'Pike Pushup'),
  ('Plank Push-Up', 'any', 'Plank Pushup'),
  ('Weighted Biceps Curl', 'any', 'Plate Curl'),
  ('Svend Press', 'any', 'Plate Squeeze (Svend Press)'),
  ('Close-Grip Push-Up', 'any', 'Push Up - Close Grip'),
  ('Ring Dip', 'any', 'Ring Dips'),
  ('Rope Curl', 'any', 'Rope Cable Curl'),
  ('Straight-Arm Rope Pulldown', 'any', 'Rope Straight Arm Pulldown'),
  ('Scapular Pull-Up', 'any', 'Scapular Pull Ups'),
  ('Seated Cable Bar Row', 'any', 'Seated Cable Row - Bar Grip'),
  ('Seated Cable Chest Fly', 'any', 'Seated Chest Flys (Cable)'),
  ('Shoulder Tap', 'any', 'Shoulder Taps'),
  ('Side-Lying External Rotation', 'hevy', 'Side Lying External Rotation'),
  ('Single-Arm Cable Biceps Curl', 'any', 'Single Arm Curl (Cable)'),
  ('Single-Leg Extension', 'any', 'Single Leg Extensions'),
  ('Weighted Sissy Squat', 'any', 'Sissy Squat (Weighted)'),
  ('Spiderman Plank', 'any', 'Spiderman'),
  ('Sprint', 'any', 'Sprints'),
  ('Stair Climber (Floors)', 'any', 'Stair Machine (Floors)'),
  ('Stair Climber (Steps)', 'any', 'Stair Machine (Steps)'),
  ('Glute Kickback', 'any', 'Standing Cable Glute Kickbacks'),
  ('Standing Smith Machine Calf Raise', 'any', 'Standing Calf Raise (Smith)'),
  ('Standing Leg Curl', 'any', 'Standing Leg Curls'),
  ('Sternum Pull-Up', 'any', 'Sternum Pull up (Gironda)'),
  ('Kneeling Band Pulldown', 'any', 'Kneeling Pulldown (band)'),
  ('Katana Extension', 'any', 'Katana Triceps Extension'),
  ('Single-Arm Cable Face Pull', 'any', 'Cable 1-Arm Face Pull'),
  ('Single-Arm Lat Pulldown', 'any', 'Sitting 1-Arm Lat Pulldown'),
  ('Single-Arm Lat Pulldown', 'any', 'Cable Single Arm Pull Down'),
  ('Single-Arm Rope Pushdown', 'any', 'Single Arm Tricep Rope'),
  ('Low Cable Crossover', 'any', 'Lower Cables Flys'),
  ('Neutral-Grip Lat Pulldown', 'any', 'Neutral Lat Pulldown'),
  ('Close-Grip Lat Pulldown', 'any', 'Close Lat Pulldown'),
  ('Cable Rear Delt Fly', 'any', 'Reverse Cable Flys'),
  ('Bayesian Curl', 'any', 'Standing Bayesian Cable Curl'),
  ('Lying Leg Raise', 'strong', 'Flat Leg Raise'),
  ('Barbell Deadlift', 'fitnotes', 'Deadlift'),
  ('Partial Glute Bridge', 'any', 'Partial Glute Bridge (Barbell)'),
  ('Meadows Incline Lateral Raise', 'any', 'Meadows Incline DB Lateral Raise'),
  ('Back Extension', 'strong', 'Back Extension'),
  ('Dumbbell Around the World', 'strong', 'Around the World'),
  ('Single-Arm Dumbbell Row', 'any', 'Bent Over One Arm Row (Dumbbell)'),
  ('Bent-Over Underhand Row', 'any', 'Bent Over Row - Underhand (Barbell)'),
  ('Bent-Over Underhand Row', 'any', 'Reverse Grip Barbell Row'),
  ('Cable Crossover', 'strong', 'Cable Crossover'),
  ('Glute Kickback', 'strong', 'Cable Kickback'),
  ('Calf Press', 'any', 'Calf Press on Seated Leg Press'),
  ('Cross-Body Crunch', 'any', 'Cross Body Crunch'),
  ('Stationary Bike', 'any', 'Cycling (Indoor)'),
  ('Elliptical Trainer', 'any', 'Elliptical Machine'),
  ('Lying Knee Raise', 'any', 'Flat Knee Raise'),
  ('Hack Squat', 'strong', 'Hack Squat'),
  ('Hip Abduction', 'any', 'Hip Abductor (Machine)'),
  ('Hip Adduction', 'any', 'Hip Adductor (Machine)'),
  ('Bodyweight Hip Thrust', 'any', 'Hip Thrust (Bodyweight)'),
  ('Incline Dumbbell Curl', 'any', 'Incline Curl (Dumbbell)'),
  ('Chest-Supported Dumbbell Row', 'any', 'Incline Row (Dumbbell)'),
  ('Captain''s Chair Knee Raise', 'any', 'Knee Raise (Captain''s Chair)'),
  ('Reverse-Grip Lat Pulldown', 'any', 'Lat Pulldown - Underhand (Cable)'),
  ('Machine Chest Fly', 'any', 'Pec Deck (Machine)'),
  ('Knee Push-Up', 'any', 'Push Up (Knees)'),
  ('Rowing Machine', 'any', 'Rowing (Machine)'),
  ('Plate-Loaded Seated Calf Raise', 'any', 'Seated Calf Raise (Plate Loaded)'),
  ('Horizontal Leg Press', 'any', 'Seated Leg Press (Machine)'),
  ('Wrist Curl', 'any', 'Seated Palms Up Wrist Curl (Dumbbell)'),
  ('Seated Cable Wide-Grip Row', 'any', 'Seated Wide-Grip Row (Cable)'),
  ('Plate-Loaded Shoulder Press', 'any', 'Shoulder Press (Plate Loaded)'),
  ('Plate-Loaded Shoulder Press', 'any', 'Shoulder Press (Machine Plates)'),
  ('Side Crunch', 'any', 'Side Crunches'),
  ('Single-Leg Glute Bridge', 'any', 'Single Leg Bridge'),
  ('Overhead Press', 'any', 'Strict Military Press (Barbell)'),
  ('Deadlift High Pull', 'any', 'Sumo Deadlift High Pull (Barbell)'),
  ('Triceps Pushdown', 'any', 'Triceps Pushdown (Cable - Straight Bar)'),
  ('Walking Lunge', 'any', 'Walking Lunges'),
  ('Machine Crunch', 'any', 'Crunch Machine'),
  ('Neutral-Grip Pull-Up', 'any', 'Neutral Chin Up'),
  ('Concentration Curl', 'any', 'Dumbbell Concentration Curl'),
  ('Machine Biceps Curl', 'any', 'Seated Machine Curl'),
  ('Running', 'any', 'Running (Outdoor)'),
  ('Arnold Press', 'any', 'Arnold Dumbbell Press'),
  ('Behind-the-Neck Press', 'any', 'Behind The Neck Barbell Press'),
  ('Machine Lateral Raise', 'any', 'Lateral Machine Raise'),
  ('Single-Arm Dumbbell Shoulder Press', 'any', 'One-Arm Standing Dumbbell Press'),
  ('Dumbbell Rear Delt Fly', 'any', 'Rear Delt Dumbbell Raise'),
  ('Close-Grip Bench Press', 'any', 'Close Grip Barbell Bench Press'),
  ('Smith Machine Close-Grip Bench Press', 'any', 'Smith Machine Close Grip Bench Press'),
  ('Overhead Dumbbell Triceps Extension', 'any', 'Dumbbell Overhead Triceps Extension'),
  ('Triceps Pushdown', 'any', 'V-Bar Push Down'),
  ('Straight-Arm Pulldown', 'any', 'Straight-Arm Cable Pushdown'),
  ('Plate-Loaded Row', 'fitnotes', 'Hammer Strength Row'),
  ('Plate-Loaded Shoulder Press', 'fitnotes', 'Hammer Strength Shoulder Press'),
  ('Decline Plate-Loaded Chest Press', 'fitnotes', 'Decline Hammer Strength Chest Press'),
  ('Incline Plate-Loaded Chest Press', 'fitnotes', 'Incline Hammer Strength Chest Press'),
  ('Weighted Front Raise', 'any', 'Front Raise (Plate)'),
  ('Single-Arm Lat Pulldown', 'any', 'Lat Pulldown (Single Arm)'),
  ('Band Reverse-Grip Lat Pulldown', 'any', 'Lat Pulldown - Underhand (Band)'),
  ('Stiff-Leg Deadlift', 'any', 'Stiff-Legged Deadlift'),
  ('Super-Bayesian High Cable Curl', 'any', 'Seated Super- Bayesian High Cable Curl'),
  ('Horizontal Leg Press', 'any', 'Seated Leg Press (Quad Focus)'),
  ('Strongman Log Press', 'fitnotes', 'Log Press'),
  ('Warm-Up', 'any', 'Warmup');

-- Names that follow the rules.
insert into listed_aliases (exercise, source, alias)
select e.name, n.source, n.alias
from listed_exercises as e
join listed_movements as m on m.name = e.movement
cross join lateral (
  values
    (1, 'hevy', format('%s (%s)', e.movement, e.word)),
    (1, 'strong', format('%s (%s)', e.movement, e.word)),
    (2, 'any', e.word || ' ' || e.movement),
    (3, case when m.plain then 'any' else 'search' end, e.movement),
    (4, 'any', e.name)  -- for its spellings
) as n (rule, source, alias)
where case n.rule when 3 then e.place = 1 when 4 then true else e.equipment <> 'other' end
order by n.rule, e.name, n.source;

-- Spellings: hyphens or none, biceps and triceps or bicep and tricep.
insert into listed_aliases (exercise, source, alias)
select a.exercise, a.source, v.alias
from listed_aliases as a
cross join lateral (
  values
    (regexp_replace(a.alias, ' *- *', ' ', 'g')),
    (regexp_replace(a.alias, '\m(Bi|Tri)ceps\M', '\1cep')),
    (regexp_replace(regexp_replace(a.alias, ' *- *', ' ', 'g'), '\m(Bi|Tri)ceps\M', '\1cep')),
    (replace(a.alias, ' Fly', ' Flye'))
) as v (alias)
where v.alias <> a.alias
order by a.place, v.alias;

insert into workouts.muscles (name)
select m.name
from (
  values
    ('abdominals'), ('obliques'), ('lower back'), ('chest'), ('lats'), ('upper back'), ('traps'), ('neck'),
    ('shoulders'), ('biceps'), ('triceps'), ('forearms'),
    ('quadriceps'), ('hamstrings'), ('glutes'), ('calves'), ('adductors'), ('abductors')
) as m (name)
where not exists (select from workouts.muscles as k where k.name = m.name);

insert into workouts.exercises as x (
  name, equipment, category, mechanic, tracking, bodyweight_factor, is_per_hand, is_one_sided
)
select
  e.name,
  e.equipment,
  e.category,
  e.mechanic,
  coalesce(
    t.tracking,
    case
      when e.category = 'cardio' then 'distance_time'
      when e.category = 'mobility' then 'time'
      when e.equipment = 'none' then 'reps'
      else 'weight_reps'
    end
  ),
  t.bodyweight_factor,
  coalesce(t.tracking, '') not in ('bodyweight_reps', 'reps', 'time')
  and case
    when e.equipment in ('dumbbell', 'kettlebell') then
      not exists (select from listed_single_loads as s where s.name in (e.movement, e.name))
    when e.equipment = 'cable' then exists (select from listed_paired_cables as c where c.movement = e.movement)
    else false
  end,
  e.movement like 'Single-%' or exists (select from listed_one_sided as o where o.movement = e.movement)
from listed_exercises as e
left join listed_tracking as t
  on t.movement = e.movement and (t.equipment is null or e.equipment = any(t.equipment))
order by e.name
on conflict (coalesce(athlete_id, 0), lower(name)) do update
  set name = excluded.name,
      equipment = excluded.equipment,
      category = excluded.category,
      mechanic = excluded.mechanic,
      tracking = excluded.tracking,
      bodyweight_factor = excluded.bodyweight_factor,
      is_per_hand = excluded.is_per_hand,
      is_one_sided = excluded.is_one_sided,
      version = x.version + 1,
      updated_at = now()
  where (
    x.name, x.equipment, x.category, x.mechanic, x.tracking, x.bodyweight_factor, x.is_per_hand, x.is_one_sided
  ) is distinct from (
    excluded.name, excluded.equipment, excluded.category, excluded.mechanic, excluded.tracking,
    excluded.bodyweight_factor, excluded.is_per_hand, excluded.is_one_sided
  );

create temporary table listed_shares as
select x.id as exercise_id, w.code, max(w.share) as share
from listed_exercises as e
join workouts.exercises as x on x.athlete_id is null and lower(x.name) = lower(e.name)
cross join lateral (
  select unnest(e.primary_muscles) as code, 1::float8 as share
  union all
  select unnest(e.secondary_muscles), 0.5
) as w
group by x.id, w.code;

insert into workouts.exercise_muscle_shares as k (exercise_id, code, share)
select s.exercise_id, s.code, s.share
from listed_shares as s
on conflict (exercise_id, code) do update
  set share = excluded.share
  where k.share <> excluded.share;

delete from workouts.exercise_muscle_shares as k
using listed_exercises as e, workouts.exercises as x
where x.athlete_id is null
  and lower(x.name) = lower(e.name)
  and k.exercise_id = x.id
  and not exists (
    select from listed_shares as s where s.exercise_id = k.exercise_id and s.code = k.code
  );

-- The same by the 18 names of before: a name has the largest share of its parts.
create temporary table listed_muscles as
select s.exercise_id, m.id as muscle_id, max(s.share) as share
from listed_shares as s
join workouts.muscle_codes as c on c.code = s.code
join workouts.muscles as m on m.name = c.muscle
group by s.exercise_id, m.id;

insert into workouts.exercise_muscles as em (exercise_id, muscle_id, share)
select m.exercise_id, m.muscle_id, m.share
from listed_muscles as m
on conflict (exercise_id, muscle_id) do update
  set share = excluded.share
  where em.share <> excluded.share;

delete from workouts.exercise_muscles as em
using listed_exercises as e, workouts.exercises as x
where x.athlete_id is null
  and lower(x.name) = lower(e.name)
  and em.exercise_id = x.id
  and not exists (
    select from listed_muscles as m where m.exercise_id = em.exercise_id and m.muscle_id = em.muscle_id
  );

-- Bare names that earlier lists used as aliases of exercises whose names include the equipment.
delete from workouts.exercise_aliases as k
using listed_exercises as e, listed_movements as m, workouts.exercises as x
where m.name = e.movement
  and e.place = 1
  and not m.plain
  and x.athlete_id is null
  and lower(x.name) = lower(e.name)
  and k.exercise_id = x.id
  and k.source = 'any'
  and (
    lower(k.alias) = 'side lateral raise'
    or lower(replace(regexp_replace(replace(k.alias, '-', ' '), '\m(Bi|Tri)cep\M', '\1ceps'), ' Flye', ' Fly'))
    = lower(replace(e.movement, '-', ' '))
  );

-- Spellings of earlier lists with several blanks in a row.
delete from workouts.exercise_aliases as k
using workouts.exercises as x
where x.id = k.exercise_id
  and x.athlete_id is null
  and k.alias like '%  %';

-- Names that earlier lists gave to an exercise with other equipment, or to one that is less like them.
delete from workouts.exercise_aliases as k
using listed_aliases as a, workouts.exercises as x, workouts.exercises as had
where x.athlete_id is null
  and lower(x.name) = lower(a.exercise)
  and k.source = a.source
  and lower(k.alias) = lower(a.alias)
  and k.exercise_id <> x.id
  and had.id = k.exercise_id
  and had.athlete_id is null
  and not exists (
    select
    from listed_aliases as b
    where b.source = a.source
      and lower(b.alias) = lower(a.alias)
      and b.place < a.place
  );

-- The name of an exercise is not an alias of another, unless one service uses it so. If two exercises would share an alias,
-- the first in this order has it: irregular names, names in brackets, others, spellings.
insert into workouts.exercise_aliases (exercise_id, source, alias)
select distinct on (a.source, lower(a.alias)) x.id, a.source, a.alias
from listed_aliases as a
left join workouts.exercises as x on x.athlete_id is null and lower(x.name) = lower(a.exercise)  -- an unknown name gives null, which is refused
where (
    a.source not in ('any', 'search')
    or not exists (
      select from workouts.exercises as own where own.athlete_id is null and lower(own.name) = lower(a.alias)
    )
  )
  and not exists (
    select
    from workouts.exercise_aliases as k
    join workouts.exercises as of_whom on of_whom.id = k.exercise_id
    where of_whom.athlete_id is null and k.source = a.source and lower(k.alias) = lower(a.alias)
  )
order by a.source, lower(a.alias), a.place;

drop table listed_muscles;
drop table listed_shares;
drop table listed_one_sided;
drop table listed_paired_cables;
drop table listed_single_loads;
drop table listed_tracking;
drop table listed_aliases;
drop table listed_exercises;
drop table listed_equipment;
drop table listed_movements;
