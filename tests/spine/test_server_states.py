"""A state of the database server is no client's mistake: 503 with a true sentence. Reads work if only writes fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg.errors import _sqlcodes

from tests.conftest import Client
from tests.routes import ROUTES, SESSION, address, options
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.database.sqlstates import translate

ME, SESSIONS = "/api/v1/users/me", "/api/v1/sessions"
# Classes of SQLSTATE that tell the server's state; what stands beside is another kind of error of the same class.
STATES = {
    "08": {"08007"},  # whose outcome is unknown
    "28": set(),
    "40": {"40003"},  # whose outcome is unknown
    "53": set(),
    "57": {"57014"},  # our own timeout
    "58": set(),
    "72": set(),
    "F0": set(),
}
SINGLE_STATES = {"25006", "25P03", "26000", "3D000", "55000", "55006", "55P03", "XX001", "XX002"}
IN_DOUBT = {"08007", "40003"}
TIMEOUTS = {"57014", "25P04"}


def is_state(code: str) -> bool:
    return code in SINGLE_STATES or (code[:2] in STATES and code not in STATES[code[:2]])


def test_every_sqlstate_is_a_state_of_the_servers_or_is_not():
    assert len(_sqlcodes) > 200
    for code, error in _sqlcodes.items():
        if len(code) != 5:
            continue  # psycopg's own names beside them
        told = translate(error())
        if is_state(code):
            assert (told.status, told.code) == (503, "unavailable"), code
            assert told.message.endswith(" Nothing was done."), code
            assert int(told.headers["Retry-After"]) >= 1
        elif code in IN_DOUBT:
            assert (told.status, told.code) == (503, "outcome_unknown"), code
        elif code in TIMEOUTS:
            assert told.status == 504, code
        else:
            assert told.status != 503, code


SENTENCES = {
    "25006": "can only be read",
    "53100": "disk is full",
    "53200": "out of memory",
    "53300": "too many connections",
    "58030": "storage",
    "XX001": "damage",
}


@pytest.mark.parametrize("code", [code for code in _sqlcodes if len(code) == 5 and is_state(code)])
def test_a_state_that_the_server_tells_is_503_and_the_next_request_works(owner, raising, code):
    raising(code)
    reply = owner.post(SESSIONS, json=SESSION)
    assert (reply.status_code, reply.json["error"]) == (503, "unavailable")
    assert SENTENCES.get(code, "") in reply.json["message"]
    assert int(reply.headers["Retry-After"]) >= 1
    assert owner.get(ME).status_code == 200


@pytest.fixture
def raising(database) -> Iterator[object]:
    """Sessions that cannot be made, for a reason to be named."""

    def because_of(code: str) -> None:
        database.execute(
            "create or replace function fail_now() returns trigger language plpgsql as"
            f" $$ begin raise exception using errcode = '{code}', message = 'as the test wants it'; end $$"
        )
        database.execute(
            "create or replace trigger fail_now before insert on sessions for each row execute function fail_now()"
        )

    yield because_of
    database.execute("drop function fail_now cascade")


def test_readiness_tells_for_a_while_that_the_disk_is_full(app, owner, raising, anonymous):
    raising("53100")
    assert owner.post(SESSIONS, json=SESSION).status_code == 503
    ready = anonymous.get("/health/ready")
    assert (ready.status_code, ready.json["database"]["trouble"]) == (200, "disk_full")
    raising("55P03")  # which passes
    assert owner.post(SESSIONS, json=SESSION).status_code == 503
    assert anonymous.get("/health/ready").json["database"]["trouble"] == "disk_full"
    name, at = app.extensions["database"].trouble
    app.extensions["database"].trouble = name, at - 60
    assert "trouble" not in anonymous.get("/health/ready").json["database"]


# ── a database that can only be read ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def reading(environ, owner) -> Iterator[Client]:
    """The owner, served from a database that can only be read, as a standby's or a full one's."""
    url = f"{environ['DATABASE_URL']}&options=-c%20default_transaction_read_only%3Don"
    app = create_app(load_settings({**environ, "DATABASE_URL": url}))
    owner.http = app.test_client()
    yield owner
    app.extensions["database"].close()


@pytest.fixture
def key(owner) -> str:
    """An API key whose first use of the day is still to come."""
    wanted = {"name": "Backup", "scopes": ["sessions:read", "sessions:write"]}
    return str(owner.post(f"{ME}/api-keys", json=wanted).json["key"])


def test_readiness_tells_that_the_database_can_only_be_read(reading):
    ready = reading.http.get("/health/ready")
    assert (ready.status_code, ready.json["status"], ready.json["database"]["trouble"]) == (200, "ok", "read_only")


def test_what_can_be_read_is_read_and_what_cannot_be_written_says_why(reading):
    for method, rule in ROUTES:
        with reading.request(method, address(rule), **options((method, rule))) as reply:
            pass
        if method == "GET":
            assert reply.status_code < 500, (rule, reply.json)
        elif reply.status_code >= 500:
            assert (reply.status_code, reply.json["error"]) == (503, "unavailable"), (method, rule, reply.json)
            assert reply.json["message"] == "The database can only be read at the moment. Nothing was done."
    assert reading.post(SESSIONS, json=SESSION).status_code == 503


def test_the_days_first_use_of_an_api_key_reads_from_a_database_that_can_only_be_read(key, reading, database):
    reading.token = ""
    for _ in range(2):
        assert reading.get(SESSIONS, headers={"X-API-Key": key}).status_code == 200
    written = reading.post(SESSIONS, json=SESSION, headers={"X-API-Key": key})
    assert (written.status_code, "only be read" in written.json["message"]) == (503, True)
    assert database.execute("select last_used_on from api_keys").fetchone() == (None,)


@pytest.mark.parametrize("code", ["53100", "58030"])
def test_the_days_first_use_of_an_api_key_reads_where_nothing_can_be_written(owner, key, database, code):
    database.execute(
        "create function fail_now() returns trigger language plpgsql as"
        f" $$ begin raise exception using errcode = '{code}'; end $$"
    )
    database.execute("create trigger fail_now before update on api_keys for each row execute function fail_now()")
    try:
        owner.token = ""
        assert owner.get(SESSIONS, headers={"X-API-Key": key}).status_code == 200
    finally:
        database.execute("drop function fail_now cascade")
    assert owner.get(SESSIONS, headers={"X-API-Key": key}).status_code == 200
    assert database.execute("select last_used_on is not null from api_keys").fetchone() == (True,)
