-- Load of a session from heart rate, pace and power. docs/FORMULAS.md has the sources and worked values.

-- Nothing calls them any more, and no release ever did: these lines go with the next one.
drop aggregate if exists workouts.first_known(float8), workouts.last_known(float8);
drop function if exists workouts.first_of_two(float8, float8), workouts.last_of_two(float8, float8);

-- A setting on a day: it holds from its day until the next one; before the first one, the first holds. The days are in order.
create or replace function workouts.held_on(days date[], settings float8[], day date) returns float8
language sql immutable parallel safe
return settings[greatest(width_bucket(day, days), 1)];

-- Banister's TRIMP: minutes · x · k · e^(b·x), x = (heart rate − resting) / (highest − resting). Men: k 0.64, b 1.92. Women:
-- b 1.67, and the k that is given. Morton, Fitz-Clarke & Banister 1990, J Appl Physiol 69:1171. Null for any other sex. x is
-- written out: a function with a sub-select is not inlined, and a call takes ten times as long as the formula.
create or replace function workouts.trimp(
  duration_s float8, bpm float8, resting_bpm float8, max_bpm float8, sex text, women float8
) returns float8
language sql immutable parallel safe
return duration_s / 60 * ((bpm - resting_bpm) / nullif(max_bpm - resting_bpm, 0)) * case sex
  when 'male' then 0.64 * exp(1.92 * ((bpm - resting_bpm) / nullif(max_bpm - resting_bpm, 0)))
  when 'female' then women * exp(1.67 * ((bpm - resting_bpm) / nullif(max_bpm - resting_bpm, 0)))
end;

-- The zone of a heart rate, by tenths of the highest: 1 from 50 %, 5 from 90 %, 0 below. Edwards 1993, The Heart Rate Monitor
-- Book.
create or replace function workouts.edwards_zone(bpm float8, max_bpm float8) returns float8
language sql immutable parallel safe
return greatest(0, least(5, floor(round(bpm / max_bpm * 1000000) / 100000) - 4));

-- The energy that running takes on a gradient, J/kg/m, for gradients up to ±0.45; null beyond. Minetti et al. 2002, J Appl
-- Physiol 93:1039.
create or replace function workouts.running_cost(gradient float8) returns float8
language sql immutable parallel safe
return case
  when abs(gradient) <= 0.45
    then ((((155.4 * gradient - 30.4) * gradient - 43.3) * gradient + 46.3) * gradient + 19.5) * gradient + 3.6
end;

-- The distance on flat ground that takes as much energy. What goes up and down is not known by place: the distance is divided
-- like ascent and descent, and both parts have one gradient. Standing still is 0. Null without a distance or one of the two, and
-- beyond ±0.45.
create or replace function workouts.graded_distance_m(
  distance_m float8, ascent_m float8, descent_m float8
) returns float8
language sql immutable parallel safe
return case
  when distance_m = 0 then case when coalesce(ascent_m, 0) + coalesce(descent_m, 0) = 0 then 0 end
  when ascent_m + descent_m = 0 then distance_m
  else distance_m / 3.6 * (
    ascent_m / (ascent_m + descent_m) * workouts.running_cost((ascent_m + descent_m) / distance_m)
    + descent_m / (ascent_m + descent_m) * workouts.running_cost(-(ascent_m + descent_m) / distance_m)
  )
end;

-- Running load: hours · IF² · 100, where IF is the graded speed in threshold speeds. McGregor, as in TrainingPeaks' rTSS.
create or replace function workouts.rtss(duration_s float8, graded_m float8, threshold_s_per_km float8) returns float8
language sql immutable parallel safe
return duration_s / 3600 * power(graded_m / 1000 * threshold_s_per_km / duration_s, 2) * 100;

-- Whether a method is for sessions of a sport. A session that does not say its sport may be of any, unless it has sets.
create or replace function workouts.has_measured_load(method text, sport text, set_count smallint) returns boolean
language sql immutable parallel safe
return case method
  when 'rtss' then coalesce(sport in ('running', 'trail_running'), set_count = 0)
  when 'power_tss' then coalesce(sport in ('cycling', 'indoor_cycling'), set_count = 0)
  else true
end;

-- The formulas of a measured load: those of all loads, and the method's own.
create or replace function workouts.measured_load_formulas(
  method text, women float8, decay text, with_acwr boolean
) returns json
language sql immutable parallel safe
as $$
  select (
    workouts.load_formulas(decay, with_acwr)::jsonb - 'estimates' || jsonb_build_object(
      'session_load',
      case method
        when 'trimp' then workouts.formula_json(
          'Σ minutes · x · k · e^(b·x) over laps, or of the session; x = (average heart rate − resting) / '
          '(highest − resting); men k 0.64, b 1.92; women k '
          || women || ', b 1.67',
          'Banister 1991; Morton, Fitz-Clarke & Banister 1990, J Appl Physiol 69:1171',
          'Two constants k are in use for women, 0.86 (Banister) and 0.64 (GoldenCheetah): 34 % apart. Laps with heart '
          'rates show intervals; without them the mean of a session with intervals understates its load.'
        )
        when 'edwards' then workouts.formula_json(
          'Σ minutes · zone over laps; each lap is in the zone of its mean heart rate: 1 from 50 % of the highest, 2 from '
          '60 %, 3 from 70 %, 4 from 80 %, 5 from 90 %',
          'Edwards 1993, The Heart Rate Monitor Book',
          'Edwards counts the time in each zone; here a lap is in one zone as a whole.'
        )
        when 'hrtss' then workouts.formula_json(
          '100 · TRIMP / TRIMP of 60 minutes at the threshold heart rate; TRIMP: men k 0.64, b 1.92; women b 1.67, k cancels',
          'GoldenCheetah, TRIMP100; Banister 1991',
          'Laps with heart rates show intervals; without them the mean of a session with intervals understates its load.'
        )
        when 'rtss' then workouts.formula_json(
          'Σ hours · IF² · 100 over laps, or of the session; IF = graded speed / threshold speed; graded speed = '
          'speed · C(i) / C(0); C(i) = 155.4i⁵ − 30.4i⁴ − 43.3i³ + 46.3i² + 19.5i + 3.6',
          'TrainingPeaks rTSS; Minetti et al. 2002, J Appl Physiol 93:1039',
          'i = ±(ascent + descent) / distance, uphill and downhill in the proportion of ascent and descent.'
        )
        when 'power_tss' then workouts.formula_json(
          'hours · IF² · 100; IF = normalized power / FTP; from 20 minutes on',
          'Coggan 2003; Allen & Coggan 2010, Training and Racing with a Power Meter'
        )
      end
    )
  )::json
$$;
