"""How often a caller may ask."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis

from tests.conftest import PASSWORD, Client
from tests.limits.conftest import ME, PER_ADDRESS, PER_USER, Build, ask, statuses
from tests.redis_server import redis_server
from workouts_api.config import Settings
from workouts_api.errors import TooManyRequests
from workouts_api.web import limits
from workouts_api.web.limits import BATCH, PAUSE, Limits

_ADDRESSES = (f"198.51.100.{number}" for number in itertools.count(1))
DOCS = "/openapi.json"


@pytest.fixture
def address() -> str:
    """One from which nobody has asked."""
    return next(_ADDRESSES)


def test_a_user_is_refused_beyond_the_limit_and_told_when_to_come_back(limited_app: Flask, owner: Client) -> None:
    assert statuses(PER_USER, lambda: ask(limited_app, owner)) == [200] * PER_USER
    refused = ask(limited_app, owner)
    assert refused.status_code == 429
    assert refused.json.keys() == {"error", "message", "details", "request_id"}
    assert refused.json["error"] == "too_many_requests"
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["X-RateLimit-Remaining"] == "0"


def test_every_reply_tells_where_one_stands(limited_app: Flask, owner: Client) -> None:
    remaining = []
    for _ in range(PER_USER):
        reply = ask(limited_app, owner)
        assert reply.headers["X-RateLimit-Limit"] == str(PER_USER)
        assert 0 < int(reply.headers["X-RateLimit-Reset"]) - time.time() <= 61
        remaining.append(int(reply.headers["X-RateLimit-Remaining"]))
    assert remaining == list(reversed(range(PER_USER)))


def test_another_user_at_the_same_address_is_not_concerned(
    limited_app: Flask, owner: Client, stranger: Client, address: str
) -> None:
    statuses(PER_USER, lambda: ask(limited_app, owner, address=address))
    assert ask(limited_app, owner, address=address).status_code == 429
    assert ask(limited_app, stranger, address=address).status_code == 200


def test_a_user_has_one_limit_whatever_the_address(limited_app: Flask, owner: Client) -> None:
    found = statuses(PER_USER + 1, lambda: ask(limited_app, owner, address=next(_ADDRESSES)))
    assert found == [200] * PER_USER + [429]


@pytest.mark.parametrize("path", ["/docs", "/no/such/page", ME])
def test_who_is_not_signed_in_counts_by_address(
    limited_app: Flask, anonymous: Client, owner: Client, address: str, path: str
) -> None:
    allowed = statuses(PER_ADDRESS, lambda: ask(limited_app, anonymous, path, address=address))
    assert 429 not in allowed
    assert ask(limited_app, anonymous, path, address=address).status_code == 429
    assert ask(limited_app, anonymous, path, address=next(_ADDRESSES)).status_code == allowed[0]
    assert ask(limited_app, owner, address=address).status_code == 200


def test_junk_tokens_count_by_address(limited_app: Flask, anonymous: Client, address: str) -> None:
    tokens = (Client(anonymous.http, token=f"junk{number}") for number in itertools.count())
    found = statuses(PER_ADDRESS + 1, lambda: ask(limited_app, next(tokens), address=address))
    assert found == [401] * PER_ADDRESS + [429]


def test_guesses_at_an_api_key_do_not_use_up_what_its_owner_may_ask(
    limited_app: Flask, owner: Client, anonymous: Client, address: str
) -> None:
    guess = {"headers": {"X-API-Key": f"wk_{owner.user_id}_1_{'a' * 32}"}}
    found = statuses(PER_ADDRESS + 1, lambda: ask(limited_app, anonymous, "/api/v1/sessions", address=address, **guess))
    assert found == [401] * PER_ADDRESS + [429]
    assert ask(limited_app, owner, address=address).status_code == 200
    elsewhere = ask(limited_app, anonymous, "/api/v1/sessions", address=next(_ADDRESSES), **guess)
    assert elsewhere.status_code == 401


def test_guesses_at_a_key_from_many_addresses_do_not_use_up_what_it_may_ask(
    limited_app: Flask, owner: Client, anonymous: Client, key_of, address: str
) -> None:
    script = key_of(owner, "sessions:read")
    guess = {"headers": {"X-API-Key": f"{script.token[:-4]}{'a' * 4}"}}
    for _ in range(PER_USER // PER_ADDRESS + 1):
        elsewhere = next(_ADDRESSES)
        for _ in range(PER_ADDRESS):
            assert ask(limited_app, anonymous, "/api/v1/sessions", address=elsewhere, **guess).status_code == 401
    right = {"headers": {"X-API-Key": script.token}}
    assert ask(limited_app, anonymous, "/api/v1/sessions", address=address, **right).status_code == 200


def test_fake_api_keys_count_by_address_whosever_they_claim_to_be(
    limited_app: Flask, owner: Client, key_of, address: str
) -> None:
    script = key_of(owner, "sessions:read")
    known = {"headers": {"X-API-Key": script.token}}
    nobody = Client(limited_app.test_client())

    def use(**options):
        return ask(limited_app, nobody, "/api/v1/sessions", address=address, **options)

    assert use(**known).status_code == 200
    fakes = ({"headers": {"X-API-Key": f"wk_{number}_{number}_{'a' * 32}"}} for number in itertools.count(1))
    assert statuses(PER_ADDRESS + 2, lambda: use(**next(fakes))) == [401] * PER_ADDRESS + [429] * 2
    spent = use(**next(fakes))
    assert (spent.status_code, "db;dur=0.00" in spent.headers["Server-Timing"]) == (429, True), "it costs no trip"
    assert use(**known).status_code == 200, "who was let in before shares the address and goes on"
    assert use().status_code == 429


def test_right_api_keys_do_not_count_by_address(limited_app: Flask, owner: Client, key_of, address: str) -> None:
    tokens = [key_of(owner, "sessions:read").token for _ in range(PER_ADDRESS * 2)]
    anyone = Client(limited_app.test_client())
    for token in tokens:
        headers = {"X-API-Key": token}
        assert ask(limited_app, anyone, "/api/v1/sessions", address=address, headers=headers).status_code == 200


def test_a_home_with_all_addresses_of_an_ipv6_network_is_one(limited_app: Flask, anonymous: Client) -> None:
    homes = (f"2001:db8:0:1::{number:x}" for number in itertools.count(1))
    found = statuses(PER_ADDRESS + 1, lambda: ask(limited_app, anonymous, "/docs", address=next(homes)))
    assert found[-1] == 429
    assert ask(limited_app, anonymous, "/docs", address="2001:db8:0:2::1").status_code == found[0]


@pytest.mark.parametrize("path", ["/pages/report", "/pages/sign-in", "/pages/sign-out"])
def test_pages_of_nobody_count_by_address(limited_app: Flask, anonymous: Client, address: str, path: str) -> None:
    found = statuses(PER_ADDRESS + 1, lambda: ask(limited_app, anonymous, path, address=address))
    assert (429 in found[:-1], found[-1]) == (False, 429)


def test_pages_of_somebody_count_with_what_they_ask_of_the_api(limited_app: Flask, owner: Client, address: str) -> None:
    statuses(PER_USER - 3, lambda: ask(limited_app, owner))
    browser = limited_app.test_client()
    browser.set_cookie("access_token_cookie", owner.token, path="/")
    found = statuses(4, lambda: browser.get("/pages/teams", environ_base={"REMOTE_ADDR": address}))
    assert found == [200] * 3 + [429]
    assert ask(limited_app, owner).status_code == 429


def test_probes_are_not_counted(limited_app: Flask, anonymous: Client, address: str) -> None:
    found = [ask(limited_app, anonymous, "/health/live", address=address) for _ in range(PER_ADDRESS * 2)]
    assert {reply.status_code for reply in found} == {200}
    assert "X-RateLimit-Limit" not in found[0].headers


def test_a_dear_route_has_a_limit_of_its_own(build: Build, owner: Client) -> None:
    app = build(rate_limit_user=1000)
    client = Client(app.test_client(), token=owner.token)
    found = statuses(31, lambda: client.post("/api/v1/imports"))
    assert found == [422] * 30 + [429]
    assert client.get("/api/v1/imports").status_code == 200


def test_the_limits_are_published(limited_app: Flask, anonymous: Client, address: str) -> None:
    document = ask(limited_app, anonymous, DOCS, address=address).json
    assert f"{PER_USER} requests a minute of a user, {PER_ADDRESS} from an address" in document["info"]["description"]
    upload = document["paths"]["/api/v1/imports"]["post"]
    assert "At most 30 requests a minute of a user." in upload["description"]


def test_without_redis_each_worker_allows_its_share(build: Build, owner: Client) -> None:
    app = build(web_workers=5)
    assert statuses(PER_USER // 5 + 1, lambda: ask(app, owner)) == [200] * (PER_USER // 5) + [429]


def test_limits_can_be_switched_off(app: Flask, owner: Client) -> None:
    reply = ask(app, owner)
    assert reply.status_code == 200
    assert "X-RateLimit-Limit" not in reply.headers
    assert "**Limits**" not in app.test_client().get(DOCS).json["info"]["description"]


# ── with Redis ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def workers(build: Build, redis: str) -> list[Flask]:
    return [build(redis_url=redis, web_workers=2) for _ in range(2)]


def test_with_redis_workers_count_together(workers: list[Flask], owner: Client) -> None:
    turn = itertools.cycle(workers)
    found = statuses(PER_USER + 5, lambda: ask(next(turn), owner))
    assert found.count(200) == PER_USER
    assert found[-1] == 429


def test_a_worker_asks_redis_for_every_tenth_request_alone(workers: list[Flask], owner: Client, redis: str) -> None:
    with Redis.from_url(redis) as client:
        ask(workers[0], owner)
        before = client.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]
        statuses(9, lambda: ask(workers[0], owner))
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] == before
        ask(workers[0], owner)
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] == before + 1


def test_who_is_refused_costs_redis_nothing(workers: list[Flask], owner: Client, redis: str) -> None:
    assert statuses(PER_USER + 1, lambda: ask(workers[0], owner))[-1] == 429
    with Redis.from_url(redis) as client:
        before = client.info("commandstats")["cmdstat_evalsha"]["calls"]
        assert statuses(3, lambda: ask(workers[0], owner)) == [429] * 3
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] == before


def test_while_redis_is_away_each_worker_counts_by_itself_and_nobody_waits(
    build: Build, owner: Client, stranger: Client, redis_folder: Path
) -> None:
    with redis_server(redis_folder) as url:
        app = build(redis_url=url, web_workers=5)
        assert ask(app, owner).headers["X-RateLimit-Limit"] == str(PER_USER)
    share = PER_USER // 5
    assert statuses(share + 1, lambda: ask(app, stranger)) == [200] * share + [429]
    app.extensions["limits"]._away_until -= PAUSE
    with redis_server(redis_folder):
        assert ask(app, owner).headers["X-RateLimit-Limit"] == str(PER_USER)


def test_signing_in_counts_by_address(limited_app: Flask, owner: Client, address: str) -> None:
    def sign_in() -> int:
        body = {"username": "owner", "password": PASSWORD}
        reply = limited_app.test_client().post("/api/v1/auth/login", json=body, environ_base={"REMOTE_ADDR": address})
        return reply.status_code

    assert [sign_in() for _ in range(PER_ADDRESS + 1)] == [200] * PER_ADDRESS + [429]


def test_a_worker_remembers_only_so_many_callers_and_counts_on_for_those_it_forgot(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_LEASES", 10)
    counts = Limits(replace(settings, web_workers=1))
    counts.spend("ada", 2, batch=1, window=86_400)
    counts.spend("ada", 2, batch=1, window=86_400)
    for number in range(25):
        counts.spend(f"caller {number}", 100)
        assert len(counts._leases) <= 10
    assert "ada" not in counts._leases
    with pytest.raises(TooManyRequests):
        counts.spend("ada", 2, batch=1, window=86_400)


def test_a_limit_is_spent_when_nothing_is_left_to_any_worker(settings: Settings) -> None:
    counts = Limits(replace(settings, web_workers=1))
    found = []
    for _ in range(BATCH * 2):
        counts.spend("ada", BATCH * 2)
        found.append(counts.is_spent("ada"))
    assert found == [False] * (BATCH * 2 - 1) + [True]
