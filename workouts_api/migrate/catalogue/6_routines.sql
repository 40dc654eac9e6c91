-- Functions, procedures and aggregates with their comments and grants.
with own_routines as (
  select p.oid, p.prokind, p.proacl, p.proowner, p.oid::regprocedure::text as name
  from pg_proc as p
  join pg_namespace as n on n.oid = p.pronamespace
  where n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
    and not exists (
      select
      from pg_depend as d
      where d.classid = 'pg_proc'::regclass
        and d.objid = p.oid
        and d.deptype in ('e', 'i')  -- of an extension; the constructors of a range type
    )
),

lines as (
  select r.name, 1 as part, '' as place, rtrim(pg_get_functiondef(r.oid), E'\n ') || ';' as line
  from own_routines as r
  where r.prokind <> 'a'
  union all
  select
    r.name,
    1,
    '',
    format(
      E'create aggregate %s (\n  sfunc = %s,\n  stype = %s%s%s%s\n);',
      r.name,
      a.aggtransfn,
      format_type(a.aggtranstype, null),
      E',\n  finalfunc = ' || nullif(a.aggfinalfn::oid, 0)::regproc,
      E',\n  combinefunc = ' || nullif(a.aggcombinefn::oid, 0)::regproc,
      E',\n  initcond = ' || quote_literal(a.agginitval)
    )
  from own_routines as r
  join pg_aggregate as a on a.aggfnoid = r.oid
  union all
  select
    r.name,
    2,
    '',
    format('comment on routine %s is %L;', r.name, obj_description(r.oid, 'pg_proc'))
  from own_routines as r
  where obj_description(r.oid, 'pg_proc') is not null
  union all
  select r.name, 3, '', format('revoke execute on routine %s from public;', r.name)
  from own_routines as r
  where r.proacl is not null
    and not exists (select from aclexplode(r.proacl) as g where g.grantee = 0)
  union all
  select
    r.name,
    4,
    g.grantee::regrole::text,
    format('grant execute on routine %s to %s;', r.name, g.grantee::regrole)
  from own_routines as r
  cross join lateral aclexplode(r.proacl) as g
  where g.grantee not in (0, r.proowner)
)

select 'routine ' || l.name as object, l.line
from lines as l
order by l.name collate "C", l.part, l.place collate "C"
