"""A client's connection before and behind the application: every answer arrives, and all are in the envelope."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask

from tests.road.http_servers import nginx, served_api
from tests.road.processes import short_folder
from tests.road.served import PASSWORD, Api
from tests.spine.test_every_route import address, routes
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.web.reply_headers import WITHOUT_APPLICATION

pytestmark = pytest.mark.processes

ENVELOPE = {"error", "message", "details", "request_id"}
LARGE = 3_000_000  # more than all buffers between the two programs
REQUEST_TIMEOUT = 2


@pytest.fixture(scope="module")
def direct(cluster: EmbeddedPostgres, template: str) -> Iterator[Api]:
    with (
        short_folder() as folder,
        served_api(cluster, template, folder, REQUEST_TIMEOUT=str(REQUEST_TIMEOUT), MAX_UPLOAD_MB="1") as api,
    ):
        person = {"email": "ada@example.org", "username": "ada", "password": PASSWORD, "zone": "UTC"}
        assert api.post("/api/v1/auth/register", person).status == 201
        tokens = api.post("/api/v1/auth/login", {"username": "ada", "password": PASSWORD}).json
        yield replace(api, token=tokens["access_token"])


@pytest.fixture(scope="module", params=["directly", "nginx that passes on at once", "nginx that keeps it first"])
def served(request: pytest.FixtureRequest, direct: Api) -> Iterator[Api]:
    if request.param == "directly":
        yield direct
        return
    with (
        short_folder() as folder,
        nginx(direct.place, folder, buffering="off" if "at once" in request.param else "on") as front,
    ):
        yield replace(front, token=direct.token)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        return dict(json.loads(self.body))


class Talk:
    """A client's connection, spoken to in bytes."""

    def __init__(self, place: str) -> None:
        host, _, port = place.partition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=20)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> Talk:
        self._socket.sendall(data)
        return self

    def end(self) -> Talk:
        self._socket.shutdown(socket.SHUT_WR)
        return self

    def reply(self, *, has_body: bool = True) -> Reply:
        first = self._file.readline()
        assert first.startswith(b"HTTP/1."), first
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        status = int(first.split()[1])
        if not has_body or status in (100, 204, 304):
            return Reply(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self._file.readline(), 16):
                body += self._file.read(size)
                self._file.readline()
            self._file.readline()
            return Reply(status, headers, body)
        return Reply(status, headers, self._file.read(int(headers["content-length"])))

    def is_ended(self) -> bool:
        return self._file.read(1) == b""


def head(method: str, path: str, *, version: str = "1.1", **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def framed(size: int, *, chunked: bool) -> tuple[dict[str, str], bytes]:
    """The header that tells a body's length, and the body."""
    if not chunked:
        return {"Content_Length": str(size)}, b" " * size
    piece = b" " * 50_000
    whole = b"%x\r\n%s\r\n" % (len(piece), piece) * (size // len(piece))
    return {"Transfer_Encoding": "chunked"}, whole + b"0\r\n\r\n"


def ask(place: str, method: str, path: str, size: int = LARGE, *, chunked: bool = False, **headers: str) -> Reply:
    """Sends all of the body before it looks for an answer, as most clients do."""
    length, body = framed(size, chunked=chunked)
    with Talk(place) as talk:
        return talk.send(head(method, path, **length, **headers) + body).reply(has_body=method != "HEAD")


# ── headers that would be variables of the environment ──────────────────────────────────────────────────────


@pytest.mark.parametrize("value", ["/zzz", "/api", "/health/live", "10.0.0.1", ""])
@pytest.mark.parametrize(
    "name",
    [
        *("SCRIPT_NAME", "Script_Name", "PATH_INFO", "REMOTE_USER", "REMOTE_ADDR", "REQUEST_METHOD", "X_FORWARDED_FOR"),
        *("AUTH_TYPE", "SERVER_NAME", "QUERY_STRING", "X_API_KEY"),
        *("X-Forwarded-Prefix", "X-Script-Name", "Remote-User"),
    ],
)
def test_a_header_with_the_name_of_a_variable_is_not_believed(direct: Api, name: str, value: str) -> None:
    for path, status in (("/health/live", 200), ("/api/v1/users/me", 401), ("/api/v1/nowhere", 404), ("/zzz/x", 404)):
        with Talk(direct.place) as talk:
            sent = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{name}: {value}\r\n\r\n"
            assert talk.send(sent.encode()).reply().status == status


# ── refusals before the body was read ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
def test_whoever_sends_much_to_any_route_is_told_the_answer(app: Flask, served: Api, chunked: bool) -> None:
    for method, rule in [*routes(app), ("POST", "/nowhere"), ("PATCH", "/health/live")]:
        reply = ask(served.place, method, address(rule), chunked=chunked, Content_Type="application/json")
        assert reply.status < 500, (method, rule, reply)
        if reply.status >= 400:
            assert reply.json.keys() == ENVELOPE, (method, rule)


REFUSALS = {
    401: ("POST", "/api/v1/sessions", {"Content_Type": "application/json", "Authorization": "Bearer x"}),
    404: ("POST", "/api/v1/nowhere", {}),
    405: ("PUT", "/api/v1/users/me", {"Content_Type": "application/json"}),
    413: ("POST", "/api/v1/sessions", {"Content_Type": "application/json"}),
    415: ("POST", "/api/v1/sessions", {"Content_Type": "text/plain"}),
    422: ("POST", "/api/v1/sessions?nonsense=1", {"Content_Type": "application/json"}),
}


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_reaches_who_sends_much(served: Api, status: int, version: str) -> None:
    method, path, headers = REFUSALS[status]
    sent = {"Authorization": f"Bearer {served.token}", **headers}
    for chunked in (False, True) if version == "1.1" else (False,):
        length, body = framed(LARGE, chunked=chunked)
        with Talk(served.place) as talk:
            reply = talk.send(head(method, path, version=version, **length, **sent) + body).reply()
        assert reply.status in (status, 413), reply  # whose length is told may be too long before all else
        assert reply.json.keys() == ENVELOPE


def test_a_compressed_body_is_answered_like_any_other(app: Flask, served: Api) -> None:
    packed = gzip.compress(b'{"title": "Legs", "started_at": "2026-01-05T18:00:00Z"}')
    sent = {"Content_Type": "application/json", "Content_Encoding": "gzip"}
    mine = {"Authorization": f"Bearer {served.token}", "Content_Length": str(len(packed)), **sent}
    with Talk(served.place) as talk:
        reply = talk.send(head("POST", "/api/v1/sessions", **mine) + packed).reply()
    assert (reply.status, reply.json["title"]) == (201, "Legs")
    for body in (gzip.compress(b" " * LARGE), b"no gzip", packed[:20], packed):
        for method, rule in routes(app):
            framing = {"Content_Length": str(len(body))}
            with Talk(served.place) as talk:
                reply = talk.send(head(method, address(rule), **framing, **sent) + body).reply(
                    has_body=method != "HEAD"
                )
            assert reply.status < 500, (method, rule, reply)


def test_an_upload_that_is_too_large_is_413(served: Api) -> None:
    sent = {"Authorization": f"Bearer {served.token}", "Content_Type": "multipart/form-data; boundary=x"}
    for chunked in (False, True):
        assert ask(served.place, "POST", "/api/v1/imports", 20_000_000, chunked=chunked, **sent).status == 413


def test_a_refusal_reaches_who_sends_slowly(direct: Api) -> None:
    with Talk(direct.place) as talk:
        talk.send(head("POST", "/api/v1/sessions", Content_Length=str(LARGE)))
        for _ in range(10):
            talk.send(b" " * (LARGE // 10))
            time.sleep(0.1)
        reply = talk.reply()
    assert (reply.status, reply.headers["connection"]) == (401, "close")


def test_who_goes_on_sending_holds_up_nobody(direct: Api) -> None:
    """A worker has four threads; eight connections are being read to their end."""
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            talk = stack.enter_context(Talk(direct.place))
            talk.send(head("POST", "/api/v1/sessions", Content_Length="1000000000") + b" " * 70_000)
            assert talk.reply().status == 401
        started = time.monotonic()
        for _ in range(20):
            assert direct.get("/health/live").status == 200
        assert time.monotonic() - started < 2


def test_who_stops_sending_is_hung_up_on(direct: Api) -> None:
    with Talk(direct.place) as talk:
        talk.send(head("POST", "/api/v1/sessions", Content_Length="1000000000") + b" " * 70_000)
        assert talk.reply().status == 401
        started = time.monotonic()
        assert talk.is_ended()
        assert time.monotonic() - started < 6


def test_a_connection_whose_small_body_was_not_read_is_used_again(direct: Api) -> None:
    with Talk(direct.place) as talk:
        for _ in range(3):
            reply = talk.send(head("POST", "/api/v1/sessions", Content_Length="60000") + b" " * 60_000).reply()
            assert (reply.status, "connection" in reply.headers and reply.headers["connection"]) == (401, "keep-alive")


def test_who_waits_to_be_asked_for_the_body_is_not_asked_in_vain(direct: Api) -> None:
    with Talk(direct.place) as talk:
        reply = talk.send(head("POST", "/api/v1/sessions", Content_Length="1000000", Expect="100-continue")).reply()
        assert (reply.status, reply.headers["connection"]) == (401, "close")


def test_who_waits_to_be_asked_for_the_body_is_asked(direct: Api) -> None:
    body = json.dumps({"username": "ada", "password": PASSWORD}).encode()
    sent = {"Content_Length": str(len(body)), "Content_Type": "application/json", "Expect": "100-continue"}
    with Talk(direct.place) as talk:
        assert talk.send(head("POST", "/api/v1/auth/login", **sent)).reply().status == 100
        assert talk.send(body).reply().status == 200


# ── compressed bodies ────────────────────────────────────────────────────────────────────────────────────────

_PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nno export\r\n--x--\r\n'
COMPRESSED = {
    "JSON": ("/api/v1/sessions", "application/json", b'{"started_at": "2026-01-05T18:00:00Z"}', 201),
    "a form": ("/api/v1/auth/token", "application/x-www-form-urlencoded", b"grant_type=password", 422),
    "an upload": ("/api/v1/imports", "multipart/form-data; boundary=x", _PART, 422),
    "what nobody reads": ("/api/v1/nowhere", "application/json", b"{}", 404),
}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("what", COMPRESSED)
def test_compressed_forms_and_uploads_are_answered_too_whole_and_in_chunks(
    served: Api, what: str, chunked: bool
) -> None:
    path, kind, plain, status = COMPRESSED[what]
    body = gzip.compress(plain)
    length = {"Transfer_Encoding": "chunked"} if chunked else {"Content_Length": str(len(body))}
    sent = {"Authorization": f"Bearer {served.token}", "Content_Type": kind, "Content_Encoding": "gzip", **length}
    framed_body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    with Talk(served.place) as talk:
        assert talk.send(head("POST", path, **sent) + framed_body).reply().status == status


@pytest.mark.parametrize("length", ["3", "3000000"])
def test_what_is_no_gzip_is_400_whatever_its_size(served: Api, length: str) -> None:
    sent = {"Authorization": f"Bearer {served.token}", "Content_Type": "application/json", "Content_Encoding": "gzip"}
    with Talk(served.place) as talk:
        talk.send(head("POST", "/api/v1/sessions", Content_Length=length, **sent) + b"x" * int(length))
        assert talk.reply().status == (400 if length == "3" else 413)


# ── bodies that are none ─────────────────────────────────────────────────────────────────────────────────────

CHUNKS = {
    "a size that is none": b"zz\r\n{}\r\n0\r\n\r\n",
    "a negative size": b"-2\r\n{}\r\n0\r\n\r\n",
    "a size that is left out": b"\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than its size": b"1\r\n{}\r\n0\r\n\r\n",
    "an extension that is none": b"2;=\r\n{}\r\n0\r\n\r\n",
    "a size line without an end": b"2" * 20_000,
    "a trailer that is none": b"2\r\n{}\r\n0\r\nno colon\r\n\r\n",
    "a trailer with an odd name": b"2\r\n{}\r\n0\r\na b: c\r\n\r\n",
    "a trailer without an end": b"2\r\n{}\r\n0\r\nx: " + b"y" * 3_000_000,
}


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("what", CHUNKS)
def test_malformed_chunks_are_400(direct: Api, what: str, kind: str) -> None:
    path = "/api/v1/sessions" if "json" in kind else "/api/v1/imports"
    sent = {"Authorization": f"Bearer {direct.token}", "Content_Type": kind, "Transfer_Encoding": "chunked"}
    with Talk(direct.place) as talk:
        reply = talk.send(head("POST", path, **sent) + CHUNKS[what]).reply()
        assert (reply.status, reply.json["error"]) == (400, "bad_request")
        assert talk.is_ended()  # where the next request would begin, nobody knows


@pytest.mark.parametrize("framing", [{"Content_Length": "100"}, {"Transfer_Encoding": "chunked"}])
def test_a_body_that_ends_early_is_400(direct: Api, framing: dict[str, str]) -> None:
    sent = {"Authorization": f"Bearer {direct.token}", "Content_Type": "application/json", **framing}
    with Talk(direct.place) as talk:
        reply = talk.send(head("POST", "/api/v1/sessions", **sent) + b"32\r\n{").end().reply()
    assert (reply.status, reply.json["error"]) == (400, "bad_request")


@pytest.mark.parametrize("framing", [{"Content_Length": "100"}, {"Transfer_Encoding": "chunked"}])
def test_a_body_that_stops_is_408_in_time(direct: Api, framing: dict[str, str]) -> None:
    sent = {"Authorization": f"Bearer {direct.token}", "Content_Type": "application/json", **framing}
    with Talk(direct.place) as talk:
        started = time.monotonic()
        reply = talk.send(head("POST", "/api/v1/sessions", **sent) + b"32\r\n{").reply()
        assert (reply.status, reply.json["error"]) == (408, "request_too_slow")
        assert time.monotonic() - started < REQUEST_TIMEOUT + 1


# ── requests that never reach the application ────────────────────────────────────────────────────────────────

GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
NO_REQUESTS = {
    "a line that is none": (b"nonsense\r\n\r\n", 400, "bad_request"),
    "a line with too many words": (b"GET / and more HTTP/1.1\r\n\r\n", 400, "bad_request"),
    "a method that is none": (b"G{T / HTTP/1.1\r\n\r\n", 400, "bad_request"),
    "a version that is none": (b"GET / HTTP/x\r\n\r\n", 400, "bad_request"),
    "a version to come": (b"GET / HTTP/7.0\r\n\r\n", 400, "bad_request"),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 50 + b"\r\n\r\n", 400, "bad_request"),
    "a line that is too long": (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n", 414, "uri_too_long"),
    "a line without an end": (b"GET /" + b"x" * 3_000_000, 414, "uri_too_long"),
    "too many headers": (GET + b"".join(b"X-%d: 1\r\n" % i for i in range(101)) + b"\r\n", 431, "headers_too_large"),
    "a header that is too long": (GET + b"X: " + b"y" * 20_000 + b"\r\n\r\n", 431, "headers_too_large"),
    "no host": (b"GET /api/v1/users/me HTTP/1.1\r\n\r\n", 400, "bad_request"),
    "two hosts": (GET + b"Host: localhost\r\n\r\n", 400, "bad_request"),
    **{
        f"{host}, which is no host": (f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), 400, "bad_request")
        for host in ("a b", "a/b", "a, b", "[::1", "a:b", "user@a", "http://a", "?")
    },
    "a name that is none": (GET + b"X Y: 1\r\n\r\n", 400, "bad_request"),
    "a header without a colon": (GET + b"X\r\n\r\n", 400, "bad_request"),
    "a header with a NUL": (GET + b"X: a\0b\r\n\r\n", 400, "bad_request"),
    "a folded header": (GET + b"X: a\r\n b\r\n\r\n", 400, "bad_request"),
    "two lengths": (GET + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "bad_request"),
    "a length that is none": (GET + b"Content-Length: x\r\n\r\n", 400, "bad_request"),
    "a negative length": (GET + b"Content-Length: -1\r\n\r\n", 400, "bad_request"),
    "length and chunks": (GET + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "bad_request"),
    **{
        f"{coding} and no chunks": (
            GET + f"Transfer-Encoding: {coding}\r\n\r\n".encode(),
            501,
            "unknown_transfer_coding",
        )
        for coding in ("gzip", "deflate", "compress", "identity", "chunked, gzip")
    },
    "a coding that nobody knows": (GET + b"Transfer-Encoding: br\r\n\r\n", 501, "unknown_transfer_coding"),
    "gzip as a coding of the transfer": (
        GET + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        501,
        "unknown_transfer_coding",
    ),
    "deflate as one, on a line of its own": (
        GET + b"Transfer-Encoding: deflate\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        501,
        "unknown_transfer_coding",
    ),
    "an expectation": (GET + b"Expect: the-unexpected\r\n\r\n", 417, "expectation_failed"),
    "a header that stops": (GET + b"X: a", 408, "request_too_slow"),
    "a line that stops": (b"GET /hea", 408, "request_too_slow"),
}


@pytest.mark.parametrize("what", NO_REQUESTS)
def test_what_is_no_request_is_answered_in_the_envelope(direct: Api, what: str) -> None:
    sent, status, code = NO_REQUESTS[what]
    with Talk(direct.place) as talk:
        reply = talk.send(sent).reply()
        assert (reply.status, reply.json["error"]) == (status, code)
        assert reply.json.keys() == ENVELOPE
        assert reply.headers["content-type"] == "application/json"
        assert reply.headers["x-request-id"] == reply.json["request_id"]
        for name, value in WITHOUT_APPLICATION:
            assert reply.headers[name.lower()] == value
        assert talk.is_ended()


def test_clients_that_say_nothing_hold_up_nobody(direct: Api) -> None:
    """More than there are threads, each in the middle of a request."""
    with contextlib.ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(Talk(direct.place)).send(b"GET /hea")
        started = time.monotonic()
        answered = threading.Thread(target=lambda: direct.get("/health/live"), daemon=True)
        answered.start()
        answered.join(2 * REQUEST_TIMEOUT + 2)
        assert not answered.is_alive(), time.monotonic() - started
