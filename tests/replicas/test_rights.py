"""A right that has ended is refused at once, though a replica still knows it; what signs in asks the primary."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import PASSWORD, Client
from tests.replicas.conftest import MAX_LAG, SESSIONS, Reader, Wait, listed, made
from tests.replicas.standby import Standby, until
from tests.routes import SESSION, options
from tests.teams.people import accept, code_for, keep, train
from workouts_api.database import replicas
from workouts_api.database.replicas import Replica
from workouts_api.sql.loaded import CATALOGUE
from workouts_api.web.own_writes import COOKIE, HEADER

pytestmark = pytest.mark.processes

REPEATABLE = Path("migrations/repeatable")
KEYS, USERS = "/api/v1/users/me/api-keys", "/api/v1/users"


def test_a_login_that_was_ended_reads_nothing_more(reader: Reader, standby: Standby) -> None:
    standby.pause()
    assert reader.client.post("/api/v1/auth/logout").status_code == 204
    for _ in range(5):
        assert reader("GET", SESSIONS).status_code == 401


def test_a_user_who_was_deactivated_reads_nothing_more(reader: Reader, standby: Standby, sign_up: Any) -> None:
    admin: Client = sign_up("admin", is_superuser=True)
    standby.pause()
    assert admin.post(f"{USERS}/{reader.client.user_id}/deactivate").status_code == 200
    assert reader("GET", SESSIONS).status_code == 401


def test_a_superuser_who_was_demoted_is_one_no_more(sign_up: Any, caught_up: Wait, standby: Standby) -> None:
    admin, other = sign_up("admin", is_superuser=True), Reader(sign_up("other", is_superuser=True))
    other("GET", SESSIONS)
    caught_up()
    standby.pause()
    assert other("GET", USERS).status_code == 200
    assert admin.patch(f"{USERS}/{other.client.user_id}", json={"is_superuser": False}).status_code == 200
    assert other("GET", USERS).status_code == 403


def test_a_key_that_was_deleted_reads_nothing_more(
    owner: Client, key_of: Any, caught_up: Wait, standby: Standby, database: psycopg.Connection[Any]
) -> None:
    key = Reader(key_of(owner, "sessions:read"))
    assert key("GET", SESSIONS).status_code == 200
    caught_up()
    standby.pause()
    (key_id,) = database.execute("select id from api_keys where user_id = %s", [owner.user_id]).fetchone() or (0,)
    assert owner.delete(f"{KEYS}/{key_id}").status_code == 204
    assert key("GET", SESSIONS).status_code == 401


def test_who_kept_an_athlete_reads_nothing_more_after_the_claim(
    reader: Reader, caught_up: Wait, standby: Standby, sign_up: Any
) -> None:
    kept = keep(reader.client)
    mine = train(reader.client, "2026-01-05", "Kept", query=f"?athlete_id={kept}")
    user: Client = sign_up("user")
    code = code_for(reader.client, kind="claim", athlete_id=kept)
    reader("GET", SESSIONS)
    caught_up()
    standby.pause()
    assert mine in listed(reader("GET", f"{SESSIONS}?athlete_id={kept}"))
    accept(user, code)
    assert reader("GET", f"{SESSIONS}?athlete_id={kept}").status_code == 404


def test_who_ends_a_right_is_not_told_so_before_it_is_so(reader: Reader, standby: Standby, replica: Replica) -> None:
    """Where the request may take less time than a replica may be late."""
    standby.pause()
    replica.watch.max_lag = 30.0
    ended = reader.client.post("/api/v1/auth/logout", headers={"X-Request-Timeout": "2"})
    assert (ended.status_code, ended.json["error"]) == (503, "outcome_unknown")


def test_ending_a_right_waits_for_the_replica_alone(reader: Reader, replica: Replica) -> None:
    """As long as it keeps up: its position is seen before the bound is over."""
    replica.watch.max_lag = 30.0
    started = time.monotonic()
    assert reader.client.post("/api/v1/auth/logout").status_code == 204
    assert time.monotonic() - started < replica.watch.max_lag / 2


def test_a_new_sign_in_reads_though_the_replica_has_not_heard_of_it(
    reader: Reader, standby: Standby, served_by: list[str]
) -> None:
    standby.pause()
    credentials = {"username": reader.client.username, "password": PASSWORD}
    tokens = reader.client.http.post("/api/v1/auth/login", json=credentials)
    assert tokens.status_code == 200
    reader.client.token = tokens.json["access_token"]
    assert reader("GET", SESSIONS).status_code == 200
    assert served_by == ["refused"]


def test_the_first_use_of_a_key_on_a_day_is_the_primarys(
    owner: Client, key_of: Any, caught_up: Wait, served_by: list[str], database: psycopg.Connection[Any]
) -> None:
    used = "select last_used_on = current_date from api_keys where user_id = %s"
    Reader(owner)("GET", SESSIONS)
    key = Reader(key_of(owner, "sessions:read"))
    key.position = owner.get(SESSIONS).headers[HEADER]
    caught_up()
    assert key("GET", SESSIONS).status_code == 200
    assert served_by == ["key_day"]
    assert database.execute(used, [owner.user_id]).fetchone() == (True,)
    caught_up()
    assert key("GET", SESSIONS).status_code == 200
    assert served_by == ["key_day", "read"]


def browser(client: Client) -> Client:
    """Signed in by cookies."""
    signed_in = client.http.post("/api/v1/auth/cookies", json={"username": client.username, "password": PASSWORD})
    assert signed_in.status_code == 204
    client.token = ""
    return client


def with_csrf(client: Client) -> dict[str, str]:
    cookie = client.http.get_cookie("csrf_access_token")
    assert cookie is not None
    return {"X-CSRF-TOKEN": cookie.value}


def test_a_browser_reads_its_own_writes_by_its_cookies(
    owner: Client, caught_up: Wait, standby: Standby, served_by: list[str]
) -> None:
    page = Reader(browser(owner))
    caught_up()
    assert page.client.get(SESSIONS).status_code == 200
    assert served_by == ["read"]
    standby.pause()
    page.client.http._cookies = {k: c for k, c in page.client.http._cookies.items() if COOKIE not in c.key}
    written = page.client.post(SESSIONS, json=SESSION, headers=with_csrf(page.client))
    assert written.status_code == 201
    (cookie,) = [line for line in written.headers.getlist("Set-Cookie") if line.startswith(COOKIE)]
    assert all(part in cookie for part in ("HttpOnly", "Path=/", "SameSite=Strict", f"Max-Age={int(MAX_LAG) + 1}"))
    assert written.json["id"] in listed(page.client.get(SESSIONS))
    assert served_by == ["read", "behind"]


def test_a_cookie_of_an_older_reply_that_comes_later_takes_nothing_away(
    owner: Client, caught_up: Wait, standby: Standby
) -> None:
    page = browser(owner)
    caught_up()
    standby.pause()
    older = page.get(SESSIONS).headers.getlist("Set-Cookie")
    mine = page.post(SESSIONS, json=SESSION, headers=with_csrf(page)).json["id"]
    for line in older:
        name, _, value = line.partition(";")[0].partition("=")
        page.http.set_cookie(name, value)
    assert mine in listed(page.get(SESSIONS))


def test_files_that_take_rights_away_are_there_and_write() -> None:
    for name in replicas._REVOKING:
        assert CATALOGUE.find(name).writes, name


def test_a_browser_whose_write_has_an_unknown_outcome_reads_from_the_primary(
    owner: Client, caught_up: Wait, database: psycopg.Connection[Any], served_by: list[str]
) -> None:
    page = browser(owner)
    caught_up()
    waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    with ThreadPoolExecutor(1) as thread, database.transaction():
        database.execute("lock table sessions in access exclusive mode")
        headers = with_csrf(page)
        write = thread.submit(page.post, SESSIONS, json=SESSION, headers=headers)
        until(lambda: bool(database.execute(waiting).fetchall()), "the write")
        database.execute(f"select pg_terminate_backend(pid) from ({waiting}) as w")
        assert write.result().json["error"] == "outcome_unknown"
    served_by.clear()
    assert page.get(SESSIONS).status_code == 200
    assert served_by == ["in_doubt"]


def test_so_does_one_whose_commit_has_an_unknown_outcome(
    owner: Client, caught_up: Wait, database: psycopg.Connection[Any], served_by: list[str]
) -> None:
    page = browser(owner)
    caught_up()
    waiting = "select pid from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
    file = options(("POST", "/api/v1/imports"))["data"]
    with ThreadPoolExecutor(1) as thread, commits_wait(database):
        upload = thread.submit(page.post, "/api/v1/imports", data=file, headers=with_csrf(page))
        until(lambda: bool(database.execute(waiting).fetchall()), "the commit")
        database.execute(f"select pg_terminate_backend(pid) from ({waiting}) as w")
        assert upload.result().json["error"] == "outcome_unknown"
    served_by.clear()
    assert page.get(SESSIONS).status_code == 200
    assert served_by == ["in_doubt"]


@contextmanager
def commits_wait(database: psycopg.Connection[Any]) -> Iterator[None]:
    """A commit that brings in an import waits for half a minute."""
    database.execute("create function wait() returns trigger language plpgsql as 'begin perform pg_sleep(30); end'")
    database.execute(
        "create constraint trigger wait after insert on imports initially deferred for each row execute function wait()"
    )
    try:
        yield
    finally:
        database.execute("drop function wait() cascade")


KEEP_RIGHTS = {
    "account.patch_account": "names, an address that is not verified yet, the athlete's calendar",
    "athletes.patch_athlete": "what an athlete is called and like",
    "auth.confirm_email": "an address",
    "auth.create_login": "a better hash; it ends logins beyond a user's many, as docs/OPERATIONS.md says",
    "auth.rotate_refresh": "it ends a login at a second use of a token, as docs/OPERATIONS.md says",
    "spine.pass_key_guard": "when a key was used",
}
_OF_RIGHTS = re.compile(
    r"\b(?:update (?:workouts\.)?(?:api_keys|athletes|logins|team_athletes|team_members|users)"
    r"|delete from (?:workouts\.)?(?:api_keys|athletes|logins|team_athletes|team_members|teams|users))\b"
)


def sources() -> dict[str, str]:
    """The text of each function of the schema."""
    texts = (path.read_text() for path in REPEATABLE.glob("*.sql"))
    parts = (part for text in texts for part in text.split("create or replace function workouts.")[1:])
    return {part.partition("(")[0]: re.sub("--.*", "", part) for part in parts}


def reached(statement: str, functions: dict[str, str]) -> str:
    """The statement and all functions that it may call, by the names in it."""
    text, waiting, seen = "", [statement], set[str]()
    while waiting:
        text += waiting[-1]
        named = set(re.findall(r"\b\w+(?=\()", waiting.pop())) & functions.keys() - seen
        seen |= named
        waiting += [functions[name] for name in named]
    return text


def test_every_file_that_could_take_a_right_away_is_known_as_one_that_does_or_does_not() -> None:
    functions = sources()
    files = [file for file in CATALOGUE.files() if file.writes and file.chapter not in ("jobs", "mail")]
    found = {file.full_name for file in files if _OF_RIGHTS.search(reached(file.statement, functions))}
    assert found - replicas._REVOKING == KEEP_RIGHTS.keys()


@pytest.mark.parametrize("chapter", ["account", "administration", "api_keys", "audit", "auth", "health", "spine"])
def test_no_replica_is_asked_about_accounts(chapter: str) -> None:
    assert not any(replicas.may_be_replicated(file) for file in CATALOGUE[chapter].values())


def test_made_is_listed(reader: Reader) -> None:
    assert made(reader) in listed(reader("GET", SESSIONS))
