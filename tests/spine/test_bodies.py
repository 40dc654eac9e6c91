"""Bodies and parameters: compressed, with a byte order mark, with something twice."""

from __future__ import annotations

import gzip
import io
import time
import zlib
from typing import Any

import orjson
import pytest
from flask import Flask

from tests.conftest import Client
from workouts_api.api.auth.routes import LONGEST_BODY
from workouts_api.web.arguments import MAX_JSON_BYTES

SESSIONS, IMPORTS, LOGIN = "/api/v1/sessions", "/api/v1/imports", "/api/v1/auth/login"
SESSION = {"title": "Legs", "started_at": "2026-01-05T17:00:00Z", "exercises": []}
BODY = orjson.dumps(SESSION)
CSV = 'title,start_time,end_time,exercise_title,set_type,weight_kg,reps\nA,"6 Jan 2026, 18:00",,Squat,normal,80,8\n'
BOMB = gzip.compress(b" " * 50_000_000)


def send(client: Client, body: bytes, coding: str = "gzip", address: str = SESSIONS, **headers: str) -> Any:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding, **headers}
    return client.post(address, data=body, headers=headers)


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZip", " gzip ", "gzip, identity"])
def test_a_body_may_come_compressed_by_gzip(owner: Client, coding: str) -> None:
    made = send(owner, gzip.compress(BODY), coding)
    assert (made.status_code, made.json["title"]) == (201, "Legs")


def test_gzip_files_may_be_strung_together(owner: Client) -> None:
    halves = gzip.compress(BODY[:20]) + gzip.compress(b"") + gzip.compress(BODY[20:])
    assert send(owner, halves).status_code == 201


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "compress", "gzip, gzip", "gzip, br", "x"])
def test_another_coding_is_415_and_says_which_is_taken(owner: Client, coding: str) -> None:
    refused = send(owner, gzip.compress(BODY), coding)
    assert (refused.status_code, refused.json["error"]) == (415, "unsupported_media_type")
    assert refused.headers["Accept-Encoding"] == "gzip"


ZIPPED = gzip.compress(BODY, mtime=0)
NO_GZIP = {
    "a byte less": ZIPPED[:-1],
    "no checksum": ZIPPED[:-9],
    "a header": ZIPPED[:12],
    "half a header": ZIPPED[:3],
    "plain": BODY,
    "a NUL": b"\0",
    "deflate": zlib.compress(BODY),
    "more behind it": ZIPPED + b"x",
    "NULs behind it": ZIPPED + b"\0" * 9,
    "a wrong checksum": ZIPPED[:-8] + b"\1" * 8,
    "very many": gzip.compress(b"") * 1500,
}


def test_nothing_is_no_body_whatever_its_coding(owner: Client) -> None:
    refused = send(owner, b"")
    assert (refused.status_code, refused.json["error"]) == (422, "invalid")


@pytest.mark.parametrize("body", NO_GZIP.values(), ids=NO_GZIP)
def test_what_is_no_gzip_or_was_cut_off_is_400(owner: Client, body: bytes) -> None:
    refused = send(owner, body)
    assert (refused.status_code, refused.json["error"]) == (400, "bad_request")
    assert owner.get(SESSIONS).json["items"] == []


@pytest.mark.parametrize(("address", "limit"), [(SESSIONS, MAX_JSON_BYTES), (LOGIN, LONGEST_BODY)])
def test_a_bomb_is_413_and_costs_no_more_than_the_limit(owner: Client, address: str, limit: int) -> None:
    start = time.thread_time()
    refused = send(owner, BOMB, address=address)
    assert (refused.status_code, refused.json["details"]) == (413, {"limit_bytes": limit})
    assert time.thread_time() - start < 0.5  # of 50 MB it reads one


def test_both_sizes_are_bounded(owner: Client) -> None:
    import os

    assert send(owner, b"\x1f\x8b" + os.urandom(MAX_JSON_BYTES)).status_code == 413
    one_too_many = orjson.dumps({**SESSION, "title": ""})
    padded = one_too_many + b" " * (MAX_JSON_BYTES - len(one_too_many))
    assert send(owner, gzip.compress(padded)).status_code == 201
    assert send(owner, gzip.compress(padded + b" ")).status_code == 413


def test_a_body_without_a_length_is_bounded_as_well(owner: Client) -> None:
    """As chunks arrive: werkzeug would read a part of it and say nothing."""
    big = io.BytesIO(BODY + b" " * MAX_JSON_BYTES)
    headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    environ = {"wsgi.input_terminated": True}
    refused: Any = owner.post(SESSIONS, input_stream=big, headers=headers, environ_overrides=environ)
    assert (refused.status_code, refused.json["error"]) == (413, "too_large")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # werkzeug drops what it had spooled
def test_forms_and_uploads_may_come_compressed_too(owner: Client) -> None:
    from tests.conftest import PASSWORD

    form = gzip.compress(f"username=owner&password={PASSWORD}".replace(" ", "+").encode())
    type_ = {"Content-Type": "application/x-www-form-urlencoded"}
    assert send(owner, form, address="/api/v1/auth/token", **type_).status_code == 200
    part = f'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n{CSV}\r\n--b--\r\n'
    type_ = {"Content-Type": "multipart/form-data; boundary=b"}
    made = send(owner, gzip.compress(part.encode()), address=IMPORTS, **type_)
    assert (made.status_code, made.json["sets_added"]) == (201, 1)
    assert send(owner, gzip.compress(part.encode())[:-6], address=IMPORTS, **type_).status_code == 400


def upload(client: Client, form: bytes, content_type: str = "multipart/form-data; boundary=b") -> Any:
    return client.post(IMPORTS, data=form, content_type=content_type)


PART = b'Content-Disposition: form-data; name="%s"; filename="%s"'


@pytest.mark.parametrize(
    ("name", "header", "field"),
    [
        (b"file", b"\xfcbung.csv", "file"),
        (b"file", b'a.csv"\r\nX-Comment: "\xff', "body"),
        (b"d\xfcrfen", b"a.csv", "d\ufffdrfen"),
    ],
    ids=["the file's name", "another header", "the part's name"],
)
def test_a_part_of_a_form_that_is_not_utf_8_is_refused_for_that(
    owner: Client, name: bytes, header: bytes, field: str
) -> None:
    refused = upload(owner, b"--b\r\n" + PART % (name, header) + f"\r\n\r\n{CSV}\r\n--b--\r\n".encode())
    assert (refused.status_code, list(refused.json["details"])) == (422, [field])
    assert "UTF-8" in refused.json["details"][field][0]


def test_a_file_name_in_utf_8_is_kept(owner: Client) -> None:
    made = upload(owner, b"--b\r\n" + PART % (b"file", "übung.csv".encode()) + f"\r\n\r\n{CSV}\r\n--b--".encode())
    assert (made.status_code, made.json["file_name"]) == (201, "übung.csv")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # werkzeug drops what it had spooled
@pytest.mark.parametrize(
    ("form", "content_type"),
    [
        (b"--b\r\n" + PART % (b"file", b"a.csv") + b"\r\n\r\ntitle,", "multipart/form-data; boundary=b"),
        (b"--b\r\nContent-Type: text/csv\r\n\r\n1\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (b"title,start_time\n", "multipart/form-data; boundary=b"),
        (b"--b--\r\n", "multipart/form-data"),
        (b"--b--\r\n", "multipart/form-data; boundary=\xfc"),
    ],
    ids=["cut off", "a part without its name", "no part", "no boundary", "a boundary that is none"],
)
def test_a_body_that_is_no_form_is_400_and_no_file_is_called_missing(
    owner: Client, form: bytes, content_type: str
) -> None:
    refused = upload(owner, form, content_type)
    assert (refused.status_code, refused.json["error"]) == (400, "bad_request")
    assert refused.json["message"].startswith("The body is no form: ")


def test_a_compressed_request_sent_again_is_the_same_request(owner: Client) -> None:
    first = send(owner, gzip.compress(BODY), **{"Idempotency-Key": "one"})
    again = owner.post(SESSIONS, json=SESSION, headers={"Idempotency-Key": "one"})
    marked = send(owner, b"\xef\xbb\xbf" + BODY, "identity", **{"Idempotency-Key": "one"})
    assert [again.json["id"], marked.json["id"]] == [first.json["id"]] * 2
    assert again.headers["Idempotent-Replayed"] == "true"


def test_json_may_begin_with_a_byte_order_mark(owner: Client) -> None:
    for body in (b"\xef\xbb\xbf" + BODY, gzip.compress(b"\xef\xbb\xbf" + BODY)):
        assert send(owner, body, "gzip" if body[:1] == b"\x1f" else "identity").status_code == 201
    assert send(owner, b"\xef\xbb\xbf", "identity").status_code == 400


def test_a_body_in_another_encoding_is_told_where_it_is_not_utf_8(owner: Client) -> None:
    for body, place in (
        (BODY.decode().encode("utf-16"), "0xff stands at place 0"),
        (b'{"title": "\xe4"}', "0xe4 stands at place 11"),
    ):
        refused = send(owner, body, "identity")
        assert refused.status_code == 400
        assert refused.json["message"] == f"The body is not JSON in UTF-8: byte {place}, from 0."


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"title": "a", "started_at": "2026-01-05T17:00:00Z", "title": "b"}', "title"),
        (b'{"title": "a", "title": "a"}', "title"),
        (b'{"t\\u0069tle": "a", "title": "b: \\u003a"}', "title"),
        (b'{"exercises": [{"sets": [{}, {"reps": 5 , "reps" : 6}]}]}', "exercises.0.sets.1.reps"),
        (b'{"a\\\\": 1, "a\\\\": 2}', "a\\"),
        (b'{"": 1, "": 2}', "body"),
        (b'{"x": {"y": {}}, "x": {"y": {}, "y": 1}}', "x"),
    ],
)
def test_a_key_that_stands_twice_is_refused_by_its_path(owner: Client, body: bytes, path: str) -> None:
    refused = send(owner, body, "identity")
    assert (refused.status_code, refused.json["error"]) == (422, "invalid"), refused.text
    assert path in refused.json["details"] or path == "body"


def test_colons_and_escapes_in_texts_are_no_keys(owner: Client) -> None:
    for title in ('a": "b', "\\", '\\":', "::::", "\u003a", '{"title": 1, "title": 2}'):
        made = send(owner, orjson.dumps({**SESSION, "title": title}).replace(b"::::", b":\\u003A::"), "identity")
        assert (made.status_code, made.json["title"]) == (201, title)


# ── twice ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_query_parameter_that_is_given_twice_is_refused_by_every_route(app: Flask, owner: Client) -> None:
    tried = 0
    for rule in app.url_map.iter_rules():
        # Pages read cookies alone: tests/pages/test_every_page.py. What is beside the API reads no parameters.
        if rule.endpoint.startswith("pages.") or not rule.rule.startswith("/api/v1"):
            continue
        address = rule.rule.replace("<int:", "<").replace("<", "{")
        address = "/".join("1" if part.startswith("{") else part for part in address.split("/"))
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            reply: Any = owner.request(
                method, f"{address}?fields=id&fields=name", json={}, headers={"If-Match": '"1-"'}
            )
            if reply.status_code in (403, 404, 429) and reply.is_json:
                continue  # what is not there, and what is for superusers
            assert (reply.status_code, "fields" in reply.json.get("details", {})) == (422, True), (method, address)
            tried += 1
    assert tried > 60


def test_parts_and_fields_of_forms_are_given_once(owner: Client) -> None:
    twice = [(io.BytesIO(CSV.encode()), "a.csv"), (io.BytesIO(CSV.encode()), "b.csv")]
    refused: Any = owner.post(IMPORTS, data={"file": twice})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["file"])
    form = "username=a&username=b&password=c"
    type_ = "application/x-www-form-urlencoded"
    refused = owner.post("/api/v1/auth/token", data=form, content_type=type_)
    assert (refused.status_code, list(refused.json["details"])) == (422, ["username"])
