"""``workouts sql advise``: what is wrong with tables and indexes is found, on the oldest and the newest PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from workouts_api.dba.advising import ADVICE, advise
from workouts_api.dba.checkup import read_checks
from workouts_api.dba.commands import sql
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.migrate.files import read_folder

ILL = """
create table workouts.advised (id int primary key, a int, b int, athlete_id bigint references workouts.athletes);
create index advised_a on workouts.advised (a);
create index advised_a_b on workouts.advised (a, b);
create index advised_a_again on workouts.advised (a);
create index advised_a_down on workouts.advised (a desc);
create index advised_some on workouts.advised (a) where b > 0;
create index advised_failed on workouts.advised (b);
update pg_index set indisvalid = false where indexrelid = 'workouts.advised_failed'::regclass;
create table workouts.grown (id int primary key, n int) with (autovacuum_enabled = off);
create index grown_n on workouts.grown (n);
create index grown_spare on workouts.grown ((n + id));
insert into workouts.grown select n, n from generate_series(1, 60000) as n;
update workouts.grown set n = n + 1;
"""
EXPECTED = {
    ("invalid_indexes", "workouts.advised_failed"),
    ("duplicate_indexes", "workouts.advised_a"),
    ("duplicate_indexes", "workouts.advised_a_again"),
    ("unindexed_keys", "advised_athlete_id_fkey of workouts.advised"),
    ("unused_indexes", "workouts.grown_n"),
    ("unused_indexes", "workouts.grown_spare"),
    ("stale_statistics", "workouts.grown"),
    ("updates_beside", "workouts.grown"),
}
GONE = "drop table workouts.advised, workouts.grown"


@pytest.fixture
def ill(any_dsn: str) -> Iterator[str]:
    with psycopg.connect(any_dsn, autocommit=True) as conn:
        conn.execute(ILL.encode())
        conn.execute("select pg_stat_force_next_flush()")
    yield any_dsn
    with psycopg.connect(any_dsn, autocommit=True) as conn:
        conn.execute(GONE)


def run(dsn: str, *options: str) -> Result:
    return CliRunner().invoke(sql, ["advise", "--database-url", dsn, *options])


def test_each_fault_is_found_and_nothing_else(ill: str, tmp_path: Path) -> None:
    result = run(ill, "--json")
    assert result.exit_code == 1, result.output
    found = {(check["check"], one["object"]) for check in json.loads(result.output) for one in check["found"]}
    ours = {pair for pair in found if "advised" in pair[1] or "grown" in pair[1]}
    assert ours == EXPECTED
    told = run(ill).output
    assert "the same columns and more" in told
    assert "    drop index concurrently workouts.advised_failed;" in told
    (tmp_path / "0001_follow_advice.sql").write_text(run(ill, "--migration").output, encoding="utf-8")
    (file,) = read_folder(tmp_path).numbered
    assert len(file.up.statements) >= len({*EXPECTED}) - 1


def test_every_check_says_what_it_looks_for_and_what_to_do() -> None:
    checks = list(read_checks(ADVICE))
    assert len(checks) == 6
    for check in checks:
        assert check.looks_for.endswith("."), check.name
        assert check.advice.endswith("."), check.name


def test_the_projects_own_schema_has_no_index_twice_and_an_index_for_each_key(
    cluster: EmbeddedPostgres, template: str
) -> None:
    with psycopg.connect(cluster.dsn(template)) as conn:
        found = {advice.check.name: advice.found for advice in advise(conn)}
    assert {name: found[name] for name in ("duplicate_indexes", "invalid_indexes", "unindexed_keys")} == {
        "duplicate_indexes": (),
        "invalid_indexes": (),
        "unindexed_keys": (),
    }
