"""Two instances with one database and one Redis behind nginx, which asks them in turn: nothing depends on which one."""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import SECRET, create_database, url
from tests.redis_server import redis_server
from tests.road.http_servers import nginx
from tests.road.processes import gunicorn, short_folder, wait_until
from tests.road.served import PASSWORD, Answer, Api
from tests.tunnel.servers import free_port
from workouts_api.host.embedded import EmbeddedPostgres

pytestmark = pytest.mark.processes

PAGE = Path(__file__).parents[2] / "docs/OPERATIONS.md"
LIMIT = 60  # requests a minute of an address; an instance takes ten at a time out of the common count
SESSION = {
    "title": "Legs",
    "started_at": "2026-01-05T18:00:00+01:00",
    "exercises": [{"exercise_id": 1, "sets": [{"reps": 5, "weight_kg": 100}]}],
}


@dataclass(frozen=True)
class Pair:
    first: Api
    second: Api
    in_turn: Api
    """Through nginx."""

    def signed_in(self, token: str) -> Pair:
        first, second, in_turn = (replace(api, token=token) for api in (self.first, self.second, self.in_turn))
        return Pair(first, second, in_turn)


@pytest.fixture(scope="module")
def served(cluster: EmbeddedPostgres, template: str) -> Iterator[Pair]:
    with ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        admin = stack.enter_context(psycopg.connect(cluster.dsn(), autocommit=True))
        name = f"workouts_pair_{secrets.token_hex(4)}"
        create_database(admin, name, template)
        stack.callback(admin.execute, f"drop database {name} with (force)")
        environ = {
            "APP_ENV": "development",
            "DATABASE_URL": url(cluster, name, "workouts_app"),
            "JWT_SECRET_KEY": SECRET,
            "LOG_LEVEL": "WARNING",
            "PUBLIC_URL": "https://api.example.com",
            "RATE_LIMIT_ADDRESS": str(LIMIT),
            "REDIS_URL": stack.enter_context(redis_server(folder)),
            "TRUSTED_PROXIES": "1",
            "WEB_THREADS": "4",
            "WEB_WORKERS": "1",
        }
        apis = []
        for number in ("first", "second"):
            own = folder / number
            own.mkdir(mode=0o700)
            place = stack.enter_context(gunicorn({**environ, "WORKOUTS_DATA_DIR": str(own)}, own))
            apis.append(Api(place))
            wait_until(lambda: apis[-1].get("/health/ready").status == 200, own / "gunicorn.log")
        first, second = apis
        places = f"{apis[0].place} max_fails=0; server {apis[1].place} max_fails=0"
        yield Pair(first, second, stack.enter_context(nginx(places, folder, buffering="on")))


def sign_in(api: Api, username: str) -> Any:
    reply = api.post("/api/v1/auth/login", {"username": username, "password": PASSWORD})
    assert reply.status == 200, reply.raw
    return reply.json


@pytest.fixture(scope="module")
def person(served: Pair) -> str:
    account = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
    assert served.first.post("/api/v1/auth/register", account).status == 201
    return "ada"


@pytest.fixture
def pair(served: Pair, person: str) -> Pair:
    return served.signed_in(sign_in(served.second, person)["access_token"])


def test_a_sign_in_holds_and_ends_everywhere(served: Pair, person: str) -> None:
    tokens = sign_in(served.first, person)
    fresh = served.second.post("/api/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]}).json
    pair = served.signed_in(fresh["access_token"])
    assert [pair.in_turn.get("/api/v1/users/me").status for _ in range(4)] == [200] * 4
    assert pair.first.post("/api/v1/auth/logout", {}).status == 204
    assert [pair.in_turn.get("/api/v1/users/me").status for _ in range(4)] == [401] * 4
    reused = served.second.post("/api/v1/auth/refresh", {"refresh_token": fresh["refresh_token"]})
    assert reused.status == 401


def test_one_key_makes_one_session_and_all_get_its_reply(pair: Pair) -> None:
    def send(_: int) -> Answer:
        while (reply := pair.in_turn.post("/api/v1/sessions", SESSION, {"Idempotency-Key": "k"})).status == 409:
            assert reply.json["error"] == "still_running"
        return reply

    with ThreadPoolExecutor(6) as threads:
        replies = list(threads.map(send, range(12)))
    assert Counter(reply.status for reply in replies) == {201: 12}
    assert len({reply.raw for reply in replies}) == 1
    assert sum("Idempotent-Replayed" not in reply.headers for reply in replies) == 1


def test_pages_go_on_at_the_other_instance(pair: Pair) -> None:
    made = [pair.in_turn.post("/api/v1/sessions", SESSION).json["id"] for _ in range(5)]
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = pair.in_turn.get(f"/api/v1/sessions?limit=2{f'&cursor={cursor}' if cursor else ''}").json
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen))
    assert set(made) <= set(seen)


def test_what_one_changed_is_changed_for_the_other(pair: Pair) -> None:
    place = f"/api/v1/sessions/{pair.first.post('/api/v1/sessions', SESSION).json['id']}"
    tags = {api.get(place).headers["ETag"] for api in (pair.first, pair.second)}
    assert len(tags) == 1
    old = {"If-None-Match": (tag := tags.pop())}
    assert pair.second.request("GET", place, headers=old).status == 304
    change = json.dumps({"title": "Arms"}).encode()
    headers = {"If-Match": tag, "Content-Type": "application/json"}
    assert pair.first.request("PATCH", place, change, headers).status == 200
    assert pair.second.request("PATCH", place, change, headers).status == 412
    assert pair.second.request("GET", place, headers=old).json["title"] == "Arms"


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/api/v1/exercises?limit=50", "/api/v1/exercises/1"])
def test_both_say_the_same(pair: Pair, path: str) -> None:
    first, second = pair.first.get(path), pair.second.get(path)
    assert first.status == 200
    assert (first.raw, first.headers.get("ETag")) == (second.raw, second.headers.get("ETag"))


def test_a_deleted_key_is_refused_by_the_other(pair: Pair, served: Pair) -> None:
    key = {"name": "x", "scopes": ["sessions:read"], "expires_at": "2090-01-01T00:00:00Z"}
    made = pair.first.post("/api/v1/users/me/api-keys", key).json
    with_key = served.signed_in(made["key"])
    assert with_key.second.get("/api/v1/sessions").status == 200
    assert pair.first.request("DELETE", f"/api/v1/users/me/api-keys/{made['id']}").status == 204
    assert with_key.second.get("/api/v1/sessions").status == 401


def test_limits_count_together(served: Pair) -> None:
    headers = {"X-Forwarded-For": "192.0.2.7"}
    apis = (served.first, served.second)
    asked = [apis[n % 2].request("GET", "/api/v1/sessions", headers=headers).status for n in range(2 * LIMIT)]
    assert LIMIT // 2 < asked.count(401) <= LIMIT
    assert asked.count(401) + asked.count(429) == 2 * LIMIT


def test_wrong_passwords_count_together(served: Pair, person: str) -> None:
    apis = (served.first, served.second)
    guess = {"username": person, "password": "wrong horse battery"}
    headers = {"X-Forwarded-For": "192.0.2.8"}
    asked = [apis[n % 2].post("/api/v1/auth/login", guess, headers).status for n in range(12)]
    assert 0 < asked.count(401) <= 6, asked
    assert asked[-1] == 429


def test_an_instance_that_is_gone_costs_one_request_in_its_time(pair: Pair) -> None:
    """As the page says it for several hosts."""
    [options] = re.findall(r"server 10\.0\.0\.11:8000 (.*);", PAGE.read_text(encoding="utf-8"))
    assert options == "max_fails=1 fail_timeout=5s"
    with short_folder() as folder:
        places = f"{pair.first.place} {options}; server 127.0.0.1:{free_port()} {options}"
        with nginx(places, folder, buffering="on") as both:
            signed_in = replace(both, token=pair.first.token)
            asked = [signed_in.get("/api/v1/users/me").status for _ in range(20)]
    assert asked.count(502) <= 1
    assert asked.count(200) >= 19
