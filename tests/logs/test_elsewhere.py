"""Errors go to Sentry and traces to a collector, if the settings say so: a real HTTP server takes them."""

from __future__ import annotations

import gzip
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.conftest import Client
from workouts_api import create_app
from workouts_api.config import ConfigurationError, load_settings

Received = list[tuple[str, bytes]]
ME = "/api/v1/users/me"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def collector() -> Iterator[tuple[str, Received]]:
    received: Received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            received.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", received
        server.shutdown()


@pytest.fixture
def served(environ: dict[str, str]) -> Iterator[Callable[..., Flask]]:
    made: list[Flask] = []

    def make(**changed: str) -> Flask:
        made.append(create_app(load_settings(environ | changed)))
        return made[-1]

    yield make
    for app in made:
        app.extensions["database"].close()


def test_an_unexpected_error_is_sent_with_its_request_and_without_secrets(
    collector: tuple[str, Received], served: Callable[..., Flask], owner: Client
) -> None:
    place, received = collector
    app = served(SENTRY_DSN=f"http://key@{place}/7")

    known = secrets.token_hex(16)

    def fail(**_: object) -> None:
        password = known  # noqa: F841 – what must not be sent
        raise RuntimeError("unforeseen")

    endpoint = next(rule.endpoint for rule in app.url_map.iter_rules() if rule.rule == "/api/v1")
    app.view_functions[endpoint] = fail
    headers = {"X-Request-ID": "r7", "Authorization": f"Bearer {owner.token}"}
    assert app.test_client().get("/api/v1", headers=headers).status_code == 500
    assert app.test_client().get("/api/v1/nowhere", headers=headers).status_code == 404
    app.extensions["error_report"].client.flush(10)
    ((path, envelope),) = received
    assert path == "/api/7/envelope/"
    event = json.loads(envelope.splitlines()[-1])
    assert event["tags"] == {"request_id": "r7", "method": "GET", "route": "/api/v1"}
    assert event["exception"]["values"][0]["value"] == "unforeseen"
    for secret in (owner.token, known):
        assert secret.encode() not in envelope


def test_a_request_is_traced_if_its_client_asks(
    collector: tuple[str, Received], served: Callable[..., Flask], owner: Client
) -> None:
    place, received = collector
    app = served(TRACES_URL=f"http://{place}/v1/traces")
    signed_in = {"Authorization": f"Bearer {owner.token}"}
    for flag in ("00", "01", "02", "-01"):
        asked = {**signed_in, "traceparent": f"00-{TRACE}-00f067aa0ba902b7-{flag}"}
        assert app.test_client().get(ME, headers=asked).status_code == 200
    assert app.test_client().get(ME, headers=signed_in).status_code == 200
    app.extensions["traces"].provider.force_flush()
    ((path, body),) = received
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    (span,) = resource.scope_spans[0].spans
    attributes = {pair.key: pair.value for pair in span.attributes}
    assert (path, span.name, span.trace_id.hex()) == ("/v1/traces", f"GET {ME}", TRACE)
    assert span.end_time_unix_nano > span.start_time_unix_nano
    assert attributes["http.response.status_code"].int_value == 200
    assert [one.string_value for one in attributes["workouts.statements"].array_value.values] == ["users.get_user"]
    assert owner.token.encode() not in body


def test_what_else_the_flags_say_changes_nothing(
    collector: tuple[str, Received], served: Callable[..., Flask], owner: Client
) -> None:
    """03 is sampled with a random id, as the second edition of Trace Context has it."""
    place, received = collector
    app = served(TRACES_URL=f"http://{place}/v1/traces")
    for end in ("00-{}-00f067aa0ba902b7-03", "cc-{}-00f067aa0ba902b7-01-more"):
        asked = {"Authorization": f"Bearer {owner.token}", "traceparent": end.format(TRACE)}
        assert app.test_client().get(ME, headers=asked).status_code == 200
    app.extensions["traces"].provider.force_flush()
    spans = ExportTraceServiceRequest.FromString(received[0][1]).resource_spans[0].scope_spans[0].spans
    assert [span.trace_id.hex() for span in spans] == [TRACE, TRACE]


def test_a_share_of_one_traces_all(
    collector: tuple[str, Received], served: Callable[..., Flask], owner: Client
) -> None:
    place, received = collector
    app = served(TRACES_URL=f"http://{place}/v1/traces", TRACES_SHARE="1")
    for _ in range(3):
        app.test_client().get("/made/up")
    app.extensions["traces"].provider.force_flush()
    spans = ExportTraceServiceRequest.FromString(received[0][1]).resource_spans[0].scope_spans[0].spans
    assert [span.name for span in spans] == ["GET none"] * 3


@pytest.mark.parametrize(
    "wrong", [{"TRACES_SHARE": "2"}, {"TRACES_SHARE": "half"}, {"TRACES_SHARE": "nan"}, {"SENTRY_DSN": "no url"}]
)
def test_what_is_no_such_setting_is_refused(environ: dict[str, str], wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        load_settings(environ | wrong)


@pytest.mark.parametrize(
    ("setting", "package"),
    [({"SENTRY_DSN": "http://k@localhost/1"}, "sentry_sdk"), ({"TRACES_URL": "http://localhost/"}, "opentelemetry")],
)
def test_a_missing_extra_is_named(
    served: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, setting: dict[str, str], package: str
) -> None:
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigurationError, match="expected the extra"):
        served(**setting)
