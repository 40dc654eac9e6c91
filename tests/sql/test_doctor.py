"""``workouts db doctor``: what will fail or grow slow is found, on the oldest and the newest PostgreSQL."""

from __future__ import annotations

import json

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import make_conninfo

from workouts_api.cli import workouts
from workouts_api.dba.checkup import examine, read_checks
from workouts_api.dba.looking import looking

ILL = """
create table workouts.counted (n smallint generated always as identity primary key, m int);
alter sequence workouts.counted_n_seq restart with 30000;
insert into workouts.counted (m) values (1);
create index counted_m_idx on workouts.counted (m);
update pg_index set indisvalid = false where indexrelid = 'workouts.counted_m_idx'::regclass;
create table workouts.keyless (n int);
create publication of_the_test for table workouts.keyless;
alter table workouts.athletes add column zone text not null default 'Europe/Berlin';
update workouts.athletes set zone = 'Mars/Olympus' where id <= 3;
"""
CHECKS = {check.name: check for check in read_checks()}


def test_every_check_says_what_it_looks_for_and_what_to_do() -> None:
    assert len(CHECKS) >= 11
    for check in CHECKS.values():
        assert check.looks_for.endswith("."), check.name
        assert check.advice.endswith("."), check.name
        assert check.statement.startswith("select"), check.name


def test_what_is_ill_is_found_with_its_name(any_dsn: str) -> None:
    with psycopg.connect(any_dsn) as conn:
        conn.execute(ILL.encode())
        found = {one.check.name: one for one in examine(conn)}
        conn.rollback()
    assert [one.refused for one in found.values() if one.refused] == []
    assert found["sequences"].findings == (("workouts.counted_n_seq", "91.6 % of its numbers are used"),)
    assert found["invalid_indexes"].findings == (("workouts.counted_m_idx", "is invalid, on workouts.counted"),)
    assert found["replica_identity"].findings == (
        ("workouts.keyless", "published by of_the_test, without a replica identity"),
    )
    assert found["unknown_zones"].findings == (("Mars/Olympus", "3 athletes, the server does not know it"),)
    assert dict(found["settings"].findings)["fsync"] == "off: a crash of the machine destroys the database"


def test_a_long_transaction_is_told_with_its_program(any_dsn: str) -> None:
    statement = CHECKS["long_transactions"].statement.replace("5 minutes", "0 minutes")
    with psycopg.connect(any_dsn, application_name="left open") as idle, looking(any_dsn) as conn:
        idle.execute("select 1")
        pid = idle.info.backend_pid
        found = dict(conn.execute(statement.encode()).fetchall())
    assert found[f"pid {pid}"].startswith("left open, idle in transaction, open since 2")


def test_a_check_that_the_server_refuses_ends_no_other_and_is_told(any_dsn: str) -> None:
    with looking(any_dsn) as conn:
        found = {one.check.name: one for one in examine(conn)}
    assert found["unknown_zones"].refused == "column a.zone does not exist"
    assert found["wraparound"].refused is None


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_the_command_exits_with_1_if_anything_was_found(newest_dsn: str, options: tuple[str, ...]) -> None:
    where = ("--database-url", make_conninfo(newest_dsn, user="workouts_dba"))
    result = CliRunner().invoke(workouts, ["db", "doctor", *options, *where])
    assert result.exit_code == 1
    if options:
        told = {one["check"]: one for one in json.loads(result.stdout)}
        assert ["fsync", "off: a crash of the machine destroys the database"] in told["settings"]["findings"]
    else:
        assert "settings: Settings of the server that cost time or safety.\n  fsync: off:" in result.stdout
        assert "unknown_zones: not looked at: " in result.stdout
        assert "In order: " in result.stdout
