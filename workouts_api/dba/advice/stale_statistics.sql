-- Tables of which more than a fifth has changed since they were analysed. The planner takes old figures for true.
-- Analyse it; if it comes back, have autovacuum look at the table sooner.
select
  s.relid::regclass::text as object,
  format(
    '%s changes beside %s rows, analysed %s',
    s.n_mod_since_analyze,
    s.n_live_tup,
    coalesce(to_char(greatest(s.last_analyze, s.last_autoanalyze), 'YYYY-MM-DD HH24:MI'), 'never')
  ) as finding,
  format('alter table %s set (autovacuum_analyze_scale_factor = 0.02)', s.relid::regclass) as remedy
from pg_stat_user_tables as s
where s.schemaname = 'workouts'
  and s.n_mod_since_analyze > 10000
  and s.n_mod_since_analyze > s.n_live_tup / 5
order by s.n_mod_since_analyze desc
