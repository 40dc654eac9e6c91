"""One round trip to the database for every authenticated request of steady state."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests.conftest import Client
from tests.road.cases import (
    EXCEPTIONS,
    IMPORTS,
    PREPARED,
    PUBLIC_TRIPS,
    STEADY,
    VARIANTS,
    Ask,
    Case,
    Route,
    Stage,
    history,
)
from tests.routes import SIGNED_IN
from tests.spine.conftest import behind, counting_proxy
from tests.spine.proxy import CountingProxy
from workouts_api.host.embedded import EmbeddedPostgres

WARM, TIMES = 2, 3
WRITES = [route for route in STEADY if route[0] in ("POST", "PUT", "PATCH") and route[1] != "/api/v1/auth/logout"]


@pytest.fixture(scope="module")
def proxy(cluster: EmbeddedPostgres) -> Iterator[CountingProxy]:
    with counting_proxy(cluster) as counting:
        yield counting


@pytest.fixture(scope="module")
def counted_app(proxy: CountingProxy, environ: dict[str, str], database_name: str) -> Iterator[Flask]:
    """One for all routes: to make an application takes as long as the requests of a test."""
    with behind(proxy, environ, database_name) as app:
        yield app


def name(route: Route) -> str:
    return " ".join(route)


def trips_of(proxy: CountingProxy, client: Client, method: str, asks: list[Ask], status: int | None = None) -> set[int]:
    """The trips of the requests but the first two, in which statements are prepared."""
    counts = []
    for ask in asks:
        before = proxy.trips
        reply = client.request(method, ask.address, **ask.options)
        counts.append(proxy.trips - before)
        assert reply.status_code == status if status else reply.status_code < 300, reply.text
    return set(counts[WARM:])


def test_every_exception_is_a_route() -> None:
    assert EXCEPTIONS.keys() | PREPARED.keys() <= set(SIGNED_IN)


@pytest.mark.parametrize("route", STEADY, ids=name)
def test_an_authenticated_request_is_one_trip(
    route: Route, stage: Stage, counted: Client, proxy: CountingProxy
) -> None:
    asks = [STEADY[route](stage) for _ in range(WARM + TIMES)]
    assert trips_of(proxy, counted, route[0], asks) == {1}


@pytest.mark.parametrize("route", WRITES, ids=name)
def test_a_write_under_an_idempotency_key_is_one_trip_as_well(
    route: Route, stage: Stage, counted: Client, proxy: CountingProxy
) -> None:
    asks = [STEADY[route](stage).with_header("Idempotency-Key", f"key-{n}") for n in range(WARM + TIMES)]
    assert trips_of(proxy, counted, route[0], asks) == {1}


@pytest.mark.parametrize(("method", "case", "status"), VARIANTS.values(), ids=VARIANTS)
def test_other_ways_through_a_route_are_one_trip(
    method: str, case: Case, status: int, stage: Stage, counted: Client, proxy: CountingProxy
) -> None:
    asks = [case(stage) for _ in range(WARM + TIMES)]
    assert trips_of(proxy, counted, method, asks, status) == {1}


@pytest.mark.parametrize(("method", "ask", "trips"), PUBLIC_TRIPS.values(), ids=PUBLIC_TRIPS)
def test_what_is_asked_without_a_sign_in_has_its_price(
    method: str, ask: Any, trips: int, counted: Client, proxy: CountingProxy
) -> None:
    counted.token = ""
    assert trips_of(proxy, counted, method, [ask(n) for n in range(WARM + TIMES)]) == {trips}


def test_a_replay_is_one_trip_more(stage: Stage, counted: Client, proxy: CountingProxy) -> None:
    ask = Ask("/api/v1/sessions", {"json": stage.body(), "headers": {"Idempotency-Key": "again"}})
    counts = trips_of(proxy, counted, "POST", [ask] * (WARM + TIMES))
    # The server says at once that a key is taken; heard before the pipeline's end was sent, that makes one more turn.
    assert set(counts) <= {2, 3}


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_an_import_of_84_workouts_makes_as_many_trips_as_one_of_3(
    counted: Client, proxy: CountingProxy, dry_run: str
) -> None:
    def upload(workouts: int) -> int:
        file = (io.BytesIO(history(workouts).encode()), "hevy.csv")
        before = proxy.trips
        reply = counted.post(f"{IMPORTS}?dry_run={dry_run}", data={"file": file})
        assert reply.status_code in (200, 201), reply.text
        return proxy.trips - before

    upload(1)
    few, many = upload(3), upload(84)
    assert few == many <= 13
