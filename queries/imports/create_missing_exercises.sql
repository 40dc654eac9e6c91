-- Makes the exercises that staged sets name and nobody knows the athlete's own, named as most often in the file.
-- @param import_id  bigint = 1
-- @param athlete_id bigint = 1
-- @param source     text = 'hevy'
-- @param most       bigint = 2000
-- @returns rows_affected
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_sets)
with missing as materialized (
  select (array_agg(n.name order by n.set_count desc, n.name))[1] as name
  from (
    select s.exercise_name as name, count(*) as set_count
    from import_sets as s
    where s.import_id = :import_id
    group by s.exercise_name
  ) as n
  where lower(n.name) not in (select k.name from exercise_names(:athlete_id, :source) as k)
  group by lower(n.name)
),
room as materialized (
  select within_quota('exercises', :athlete_id, :most, (select count(*) from missing)) as is_there
)
insert into exercises (athlete_id, name)
select :athlete_id, m.name
from missing as m
join room as r on r.is_there
