-- What is remembered of imported sessions beyond edits and deletions.
insert into workouts.imported_sessions (athlete_id, source, source_key, row_digest, session_id, import_id)
select
  b.athlete_id,
  b.source,
  format('%%s|%%s|%%s', s.local_on, s.title, s.id),
  sha256(convert_to(s.title, 'UTF8')),
  s.id,
  b.import_id
from scale_brought as b
join workouts.sessions as s on s.import_id = b.import_id
order by s.id
