"""What the console asks of the server's catalogues: migrations, tables, indexes; and what it says of an index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MIGRATED = """
select m.version, m.name, m.applied_at, m.applied_by, m.duration_ms
from workouts.schema_migrations as m
order by m.version desc
limit 8
"""
TABLES = """
select
  c.relname as name,
  case when c.reltuples < 0 then s.n_live_tup else c.reltuples end::bigint as rows,  -- -1: never analysed
  pg_table_size(c.oid) as bytes,
  pg_indexes_size(c.oid) as index_bytes,
  s.seq_scan as scans,
  s.idx_scan as index_scans,
  s.n_dead_tup as dead,
  s.n_tup_upd as updates,
  s.n_tup_hot_upd as hot,
  coalesce(s.last_autoanalyze, s.last_analyze) as analysed_at
from pg_class as c
join pg_stat_user_tables as s on s.relid = c.oid
where s.schemaname = 'workouts'
order by pg_total_relation_size(c.oid) desc
limit 100
"""
INDEXES = """
select
  i.relname as table_name,
  i.indexrelname as name,
  pg_relation_size(i.indexrelid) as bytes,
  i.idx_scan as scans,
  obj_description(i.indexrelid, 'pg_class') as about,
  x.indisunique or x.indisprimary as is_needed,
  x.indisvalid as is_valid,
  (
    select o.indexrelid::regclass::text
    from pg_index as o
    where o.indrelid = x.indrelid
      and o.indexrelid <> x.indexrelid
      and o.indkey::text = x.indkey::text
      and o.indclass::text = x.indclass::text
      and coalesce(o.indpred::text, '') = coalesce(x.indpred::text, '')
      and coalesce(o.indexprs::text, '') = coalesce(x.indexprs::text, '')
    limit 1
  ) as twin
from pg_stat_user_indexes as i
join pg_index as x on x.indexrelid = i.indexrelid
where i.schemaname = 'workouts'
order by pg_relation_size(i.indexrelid) desc
limit 300
"""


def advice(index: Mapping[str, Any]) -> str:
    """What a DBA should look at; the counters begin at the last reset of statistics."""
    if not index["is_valid"]:
        return "not valid: its build failed; drop it and build it again"
    if index["twin"]:
        return f"the same columns as {index['twin']}"
    return "" if index["scans"] or index["is_needed"] else "not used since the last reset of statistics"
