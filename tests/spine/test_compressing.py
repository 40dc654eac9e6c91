"""COMPRESS_REPLIES: what is read is compressed for those who take it, and is the same otherwise."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.conftest import Client, signed_up
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.web import compressing

LARGE, SMALL, SIGN_IN = "/api/v1/exercises?limit=100", "/api/v1/users/me", "/api/v1/auth/login"
GZIP = {"Accept-Encoding": "gzip, deflate"}


@pytest.fixture
def client(environ: dict[str, str], database: psycopg.Connection[Any], password_hash: str) -> Iterator[Client]:
    application: Flask = create_app(load_settings({**environ, "COMPRESS_REPLIES": "true"}))
    pool: Any = application.extensions["database"]
    pool.open()
    yield signed_up(application, database, "ada", password_hash)
    pool.close()


def test_it_is_off_by_default(owner: Client) -> None:
    reply = owner.get(LARGE, headers=GZIP)
    assert (len(reply.data) > 1000, reply.headers.get("Content-Encoding")) == (True, None)


def test_what_is_large_is_compressed_for_those_who_take_it(client: Client) -> None:
    plain, packed = client.get(LARGE), client.get(LARGE, headers=GZIP)
    assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    head = client.http.head(LARGE, headers={**GZIP, "Authorization": f"Bearer {client.token}"})
    assert head.headers["Content-Length"] == packed.headers["Content-Length"]
    assert "Accept-Encoding" in packed.headers["Vary"]


@pytest.mark.parametrize("takes", ["", "br", "gzip;q=0", "identity", "deflate"])
def test_others_get_it_as_it_is(client: Client, takes: str) -> None:
    assert "Content-Encoding" not in client.get(LARGE, headers={"Accept-Encoding": takes}).headers


def test_what_is_small_written_or_has_secrets_is_not_compressed(client: Client) -> None:
    assert "Content-Encoding" not in client.get(SMALL, headers=GZIP).headers
    notes = {"title": "Legs", "started_at": "2026-01-05T18:00:00+01:00", "notes": "long " * 1000}
    made = client.post("/api/v1/sessions", json=notes, headers=GZIP)
    assert (made.status_code, len(made.data) > 5000, "Content-Encoding" in made.headers) == (201, True, False)
    asked = client.post(SIGN_IN, json={"username": "ada", "password": "x" * 5000}, headers=GZIP)
    assert "Content-Encoding" not in asked.headers


def test_a_weak_tag_is_known_again(client: Client) -> None:
    notes = {"title": "Legs", "started_at": "2026-01-05T18:00:00+01:00", "notes": "long " * 1000}
    place = client.post("/api/v1/sessions", json=notes).headers["Location"]
    packed = client.get(place, headers=GZIP)
    tag = packed.headers["ETag"]
    assert tag == "W/" + client.get(place).headers["ETag"]
    assert client.get(place, headers={**GZIP, "If-None-Match": tag}).status_code == 304
    assert client.patch(place, json={"title": "Arms"}, headers={"If-Match": tag}).status_code == 200


def test_a_busy_worker_answers_without_compression(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """WEB_THREADS is 8: two at a time."""
    compress, inside, may_end = compressing._compress, threading.Semaphore(0), threading.Event()

    def slowly(response: Any) -> None:
        inside.release()
        may_end.wait(20)
        compress(response)

    monkeypatch.setattr(compressing, "_compress", slowly)
    threads = [threading.Thread(target=client.get, args=(LARGE,), kwargs={"headers": GZIP}) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert inside.acquire(timeout=20)
    assert "Content-Encoding" not in client.get(LARGE, headers=GZIP).headers
    may_end.set()
    for thread in threads:
        thread.join()
    assert client.get(LARGE, headers=GZIP).headers["Content-Encoding"] == "gzip"
