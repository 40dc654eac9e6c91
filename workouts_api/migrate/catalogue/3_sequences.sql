-- Sequences that stand for themselves: those of identity columns belong to their tables.
select
  'sequence ' || c.oid::regclass as object,
  format(
    'create sequence %s as %s start %s increment %s minvalue %s maxvalue %s%s;',
    c.oid::regclass,
    s.seqtypid::regtype,
    s.seqstart,
    s.seqincrement,
    s.seqmin,
    s.seqmax,
    case when s.seqcycle then ' cycle' end
  ) as line
from pg_sequence as s
join pg_class as c on c.oid = s.seqrelid
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname !~ '^pg_'
  and not exists (
    select
    from pg_depend as d
    where d.classid = 'pg_class'::regclass
      and d.objid = c.oid
      and d.deptype in ('i', 'e')
  )
order by c.oid::regclass::text collate "C"
