"""While a request runs, pg_stat_activity shows its id; statements stay prepared and cost one trip."""

from __future__ import annotations

import threading

import pytest

ME = "/api/v1/users/me"
RUNNING = (
    "select application_name, query from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()"
)


@pytest.mark.parametrize(
    ("request_id", "shown"),
    [("order-66", "workouts-api order-66 user={}"), ("x" * 128, "workouts-api " + "x" * 50)],
)
def test_a_dba_sees_which_request_waits(owner, database, request_id, shown):
    headers = {"X-Request-ID": request_id, "X-Request-Timeout": "20"}
    with database.transaction():
        database.execute("lock table sessions in access exclusive mode")
        request = threading.Thread(target=lambda: owner.get("/api/v1/sessions", headers=headers))
        request.start()
        rows = []
        while not rows and request.is_alive():
            database.execute("select pg_stat_clear_snapshot()")
            rows = database.execute(RUNNING).fetchall()
    request.join()
    ((name, text),) = rows
    assert name == shown.format(owner.user_id)
    assert request_id not in text


def test_a_connection_that_rests_has_its_plain_name_again(owner, database):
    assert owner.get(ME).status_code == 200
    names = database.execute(
        "select distinct application_name from pg_stat_activity"
        " where datname = current_database() and state = 'idle' and pid <> pg_backend_pid()"
        " and application_name like 'workouts-api%'"
    ).fetchall()
    assert names == [("workouts-api",)]
