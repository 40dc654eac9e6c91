-- Most names are told apart from help by a few letters: the whole pattern takes 120 µs a name, these letters 5.
-- migrate:up
create or replace function workouts.is_assisted(name text) returns boolean
language sql immutable parallel safe
return lower(name) ~ (
  'ass?ist|avustettu|wspomag|gravitron|гравитрон|band|unterst|destekli|yardımlı|помощ|поддержк|auxiliada'
  '|アシスト|補助|어시|보조|辅助|輔助|助力'
)
and lower(name) ~ workouts.assisted_pattern();

-- migrate:down
create or replace function workouts.is_assisted(name text) returns boolean
language sql immutable parallel safe
return lower(name) ~ workouts.assisted_pattern();
