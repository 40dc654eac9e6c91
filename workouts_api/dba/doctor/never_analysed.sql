-- Tables with rows that were never analysed. The planner guesses.
-- `analyze` it.
select
  s.relid::regclass::text as object,
  format('%s changes, and never analysed', s.n_mod_since_analyze) as finding
from pg_stat_user_tables as s
join pg_class as c on c.oid = s.relid
where s.last_analyze is null
  and s.last_autoanalyze is null
  and s.n_mod_since_analyze > 1000
  and c.relpersistence = 'p'
order by s.n_mod_since_analyze desc
