"""GET /api/v1/metrics/database"""

from __future__ import annotations

import os

URL = "/api/v1/metrics/database"
SUMMED = {
    "pool_size",
    "checked_in",
    "checked_out",
    "overflow",
    "total_connections",
    "max_connections",
    "waiting",
    "waits",
    "wait_ms",
    "timeouts",
}


def test_a_superuser_sees_each_workers_connections_and_their_sums(admin):
    reply = admin.get(URL)
    assert reply.status_code == 200
    (worker,) = reply.json["workers"]
    assert worker["pid"] == os.getpid()
    assert reply.json.keys() == SUMMED | {"workers"}
    assert {name: worker[name] for name in SUMMED} == {name: reply.json[name] for name in SUMMED}


def test_the_figures_add_up(admin):
    found = admin.get(URL).json
    assert found["checked_in"] + found["checked_out"] == found["total_connections"] >= 1
    assert found["overflow"] == max(0, found["total_connections"] - found["pool_size"])
    assert found["total_connections"] <= found["max_connections"]


def test_nobody_else_sees_them(owner, anonymous):
    assert owner.get(URL).status_code == 403
    assert anonymous.get(URL).status_code == 401
    assert owner.post(URL).status_code == 405
