"""Every request costs what the checked-in table says, and the guards notice what would make it cost more."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.conftest import Client
from tests.performance.measure import LARGE_SESSION, LIST_50, ME, WHOLE_LIST
from tests.performance.slowdowns import SLOWDOWNS
from tests.performance.table import problems
from tests.road.cases import STEADY
from tests.spine.conftest import counted, counted_app, proxy
from tests.spine.proxy import CountingProxy
from workouts_api.database.schema_version import needed_version

__all__ = ["counted", "counted_app", "proxy"]

Costs = dict[str, Any]


def test_every_request_costs_what_the_table_says(measured: Costs, table: Costs) -> None:
    found = problems(table, measured)
    assert not found, "\n".join(found)


def test_the_table_has_every_authenticated_route_and_nothing_else(measured: Costs, table: Costs) -> None:
    assert {" ".join(route) for route in STEADY} <= measured["requests"].keys()
    assert table["requests"].keys() == measured["requests"].keys()
    assert table["calls"].keys() == measured["requests"].keys()


def test_every_signed_in_request_runs_one_statement_in_one_trip(measured: Costs) -> None:
    for route in STEADY:
        cost = measured["requests"][" ".join(route)]
        assert (cost["trips"], len(cost["statements"])) == (1, 1), (route, cost)


def test_without_a_slowdown_nothing_is_noticed(measured: Costs, table: Costs) -> None:
    """Measured a second time, at the end of everything: the figures hold still."""
    assert problems(table, measured["slowdowns"]["none"]) == []


def noticed(measured: Costs, table: Costs, slowdown: str) -> list[str]:
    return problems(table, measured["slowdowns"][slowdown])


def test_the_guard_notices_a_second_query(measured: Costs, table: Costs) -> None:
    said = noticed(measured, table, "another_query_first")
    assert any(line.startswith(f"{ME}: 2 round trips, the table says 1") for line in said)
    assert any(line.startswith(f"{LIST_50}: runs users.get_user, sessions.list_sessions") for line in said)


def test_the_guard_notices_a_trip_that_the_application_does_not_count(measured: Costs, table: Costs) -> None:
    said = noticed(measured, table, "a_check_at_checkout")
    assert not any("round trips" in line for line in said)
    for name in (ME, LIST_50):
        assert any(line.startswith(f"{name}: ") and "Python calls" in line for line in said), said


def test_such_a_trip_is_seen_on_the_wire_as_well(counted: Client, proxy: CountingProxy, counted_app: Flask) -> None:
    def trips_of_the_third() -> int:
        for _ in range(3):
            before = proxy.trips
            assert counted.get("/api/v1/users/me").status_code == 200
        return proxy.trips - before

    assert trips_of_the_third() == 1
    with SLOWDOWNS["a_check_at_checkout"]():
        assert trips_of_the_third() == 2


def test_the_guard_notices_a_query_in_a_loop(measured: Costs, table: Costs) -> None:
    said = noticed(measured, table, "a_query_in_a_loop")
    assert any(line.startswith(f"{LIST_50}: 52 round trips, the table says 1") for line in said), said
    assert not any(line.startswith(ME) for line in said)


@pytest.mark.parametrize("name", [WHOLE_LIST, LARGE_SESSION])
def test_the_guard_notices_a_reply_that_is_parsed_and_written_again(measured: Costs, table: Costs, name: str) -> None:
    said = noticed(measured, table, "a_parse_of_the_reply")
    assert any(line.startswith(f"{name}: the whole reply is written 2 times and read 1 times") for line in said), said


def test_the_guard_notices_a_copy_of_all_rows(measured: Costs, table: Costs) -> None:
    said = noticed(measured, table, "a_copy_of_the_rows")
    assert any(line.startswith(f"{LIST_50}: ") and "Python calls" in line for line in said), said
    assert any(line.startswith(f"{WHOLE_LIST}: ") and "bytes at once" in line for line in said), said


@pytest.mark.parametrize("name", [WHOLE_LIST, LARGE_SESSION])
def test_the_guard_notices_a_copy_of_the_replys_bytes(measured: Costs, table: Costs, name: str) -> None:
    said = noticed(measured, table, "a_copy_of_the_bytes")
    assert any(line.startswith(f"{name}: ") and "bytes at once" in line for line in said), said


def test_a_request_that_calls_more_or_less_than_the_table_says_is_noticed(measured: Costs, table: Costs) -> None:
    for factor in (0.9, 1.1):
        other = {**table, "calls": {name: round(count * factor) - 1 for name, count in table["calls"].items()}}
        assert len(problems(other, measured)) >= len(table["calls"]) - 3  # those of a few dozen calls are within FEW


def test_readiness_counts_the_migrations_once_a_process(anonymous: Client) -> None:
    """However many there will be: looking at each file cost more than all else of a probe."""
    needed_version.cache_clear()
    for _ in range(3):
        assert anonymous.get("/health/ready").status_code == 200
    assert needed_version.cache_info().misses == 1


def test_keeping_real_calls_costs_at_most_25_calls_and_no_trip(measured: Costs) -> None:
    """Off, it costs no call: the table of all requests is measured that way."""
    kept, usual = measured["captured"], measured["requests"][ME]
    assert (kept["trips"], kept["statements"]) == (usual["trips"], usual["statements"])
    assert usual["calls"] < kept["calls"] <= usual["calls"] + 25


def test_a_swapped_text_costs_a_request_no_call_and_no_trip_more(measured: Costs) -> None:
    swapped, usual = measured["swapped"], measured["requests"][ME]
    assert (swapped["trips"], swapped["calls"]) == (usual["trips"], usual["calls"])
    assert [one.partition("@")[0] for one in swapped["statements"]] == usual["statements"] != swapped["statements"]
