-- Gives the sessions that an import added their exercises, found by name.
-- The names lie in one jsonb object: for a join the planner, expecting five rows, compared each with all (2.5 s).
-- @param import_id  bigint = 1
-- @param athlete_id bigint = 1
-- @param source     text = 'hevy'
-- @returns rows_affected
-- @timeout 60s
-- @budget plan: no_seqscan(import_sets, imported_sessions)
with known_exercises as materialized (
  select jsonb_object_agg(m.name, m.exercise_id) as ids
  from (
    select distinct on (n.name) n.name, k.exercise_id
    from (
      select distinct s.exercise_name as name
      from import_sets as s
      where s.import_id = :import_id
    ) as n
    join exercise_names(:athlete_id, :source) as k on k.name = lower(n.name)
    order by n.name, k.rank, k.exercise_id
  ) as m
)

insert into session_exercises (session_id, exercise_no, position, exercise_id, superset, notes)
select
  a.session_id, s.exercise_no, s.exercise_no, (k.ids ->> s.exercise_name)::bigint, s.superset, s.exercise_notes
from imported_sessions as a
join import_sets as s on s.import_id = a.import_id and s.source_key = a.source_key
cross join known_exercises as k
where a.import_id = :import_id
  and s.import_id = :import_id
  and s.set_no = 1
order by a.session_id, s.exercise_no
