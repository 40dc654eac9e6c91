-- The viewer's own and the shared exercises whose name or alias is similar to some words, best match first.
-- @param viewer_id  bigint = 1
-- @param words      text = 'bench press'
-- @param limit      int = 50
-- @sample hundreds_of_own: viewer_id = (select a.user_id from athletes as a join exercises as e on e.athlete_id = a.id where a.user_id > 0 group by 1 order by count(*) desc limit 1)
-- @sample hundreds_of_own: words = 'v1'
-- @sample rare_word: viewer_id = (select a.user_id from athletes as a join exercises as e on e.athlete_id = a.id where a.user_id > 0 group by 1 order by count(*) desc limit 1)
-- @sample rare_word: words = 'jefferson'
-- @sample nothing_alike: viewer_id = (select a.user_id from athletes as a join exercises as e on e.athlete_id = a.id where a.user_id > 0 group by 1 order by count(*) desc limit 1)
-- @sample nothing_alike: words = 'qqqq'
-- @sample newcomer: viewer_id = (select max(u.id) from users as u)
-- @column id bigint!
-- @returns many
-- @plan generic
-- @readonly
-- @budget plan: no_seqscan(exercises)
-- @budget run: buffers<=1300
-- @budget run(hundreds_of_own): buffers<=2500
-- @budget run(newcomer): buffers<=450
-- @budget run before 17: buffers<=4200
-- @budget run(hundreds_of_own) before 17: buffers<=6000
-- @budget run(rare_word) before 17: buffers<=3200
-- @budget run(nothing_alike) before 17: buffers<=6000
-- No cursor can continue in the order of the best match, so this is one bounded list.
-- migrations/repeatable/exercise_search.sql explains how the trigram indexes find exercises.
select x.*
from exercises_named_like(:viewer_id, :words) as found
cross join lateral (
  select c.*
  from exercises as e
  cross join lateral exercise_columns(e) as c
  where e.id = found.exercise_id
  limit 1
) as x
order by found.score desc, lower(x.name), x.id
limit :limit
