-- Whose sessions an import brought: athlete 1's and those of one in thirty of the others.
create temp table scale_brought on commit drop as
select i.athlete_id, min(i.id) as import_id, min(i.source) as source
from workouts.imports as i
where i.id >= %(first_import)s
  and (i.athlete_id = %(first_athlete)s or i.athlete_id %% 30 = 0)
group by i.athlete_id
