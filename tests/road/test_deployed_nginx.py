"""deploy/nginx/workouts.conf as it stands, with other names and ports, in front of a served API."""

from __future__ import annotations

import gzip
import json
import re
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.conftest import SECRET, url
from tests.processes import wait_until
from tests.road.http_servers import NGINX, required, served_api
from tests.road.processes import process, short_folder
from tests.tunnel.certificates import make_certificates
from tests.tunnel.servers import free_port
from workouts_api.errors import ERRORS
from workouts_api.host.embedded import EmbeddedPostgres

CONFIG = Path(__file__).parents[2] / "deploy/nginx/workouts.conf"
NAME = "api.example.com"
_AROUND = """
daemon off;
master_process off;
pid {folder}/{number}.pid;
error_log {folder}/nginx.error.log;
events {{}}
http {{
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  include {folder}/{number}.site;
}}
"""

pytestmark = pytest.mark.processes


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    protocol: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Site:
    folder: Path
    text: str
    """The configuration in force."""
    plain: int
    tls: int

    def curl(self, path: str, *options: str, host: str = NAME, scheme: str = "https") -> Reply:
        port = self.tls if scheme == "https" else self.plain
        done = subprocess.run(
            ["curl", "-sS", "-i", "--max-time", "20", "--cacert", self.folder / "root.pem",
             "--resolve", f"{host}:{port}:127.0.0.1", *options, f"{scheme}://{host}:{port}{path}"],
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        return Reply(int(lines[0].split()[1]), {k.lower(): v for k, v in fields.items()}, body, lines[0].split()[0])


@contextmanager
def served_by_nginx(folder: Path, text: str) -> Iterator[tuple[int, int]]:
    """nginx with such a configuration, on ports of its own: one for http, one for https."""
    plain, tls = free_port(), free_port()
    text = re.sub(r"listen \[::\]:.*\n", "", text)
    text = text.replace("listen 80 ", f"listen 127.0.0.1:{plain} ")
    text = text.replace("listen 443 ", f"listen 127.0.0.1:{tls} ")
    (folder / f"{tls}.site").write_text(text)
    config = folder / f"{tls}.conf"
    config.write_text(_AROUND.format(folder=folder, number=tls))
    command = [str(NGINX), "-p", str(folder), "-c", str(config), "-e", str(folder / "early.log")]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    assert "warn" not in tried.stderr
    server = subprocess.Popen(command)
    try:
        yield plain, tls
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def site(cluster: EmbeddedPostgres, template: str) -> Iterator[Site]:
    if NGINX is None:
        (pytest.fail if required("nginx") else pytest.skip)("there is no nginx")
    with ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        names = {"ALLOWED_HOSTS": NAME, "TRUSTED_PROXIES": "1"}
        database = f"workouts_nginx_{secrets.token_hex(4)}"
        api = stack.enter_context(served_api(cluster, template, folder, name=database, **names))
        admin = f"127.0.0.1:{free_port()}"
        stack.enter_context(_admin_listener(admin, url(cluster, database, "workouts_app"), folder))
        root, leaf, key = make_certificates(NAME)
        (folder / "root.pem").write_bytes(root)
        (folder / "fullchain.pem").write_bytes(leaf)
        (folder / "key.pem").write_bytes(key)
        text = CONFIG.read_text().replace("server 127.0.0.1:8000", f"server {api.place}")
        text = text.replace("server 127.0.0.1:8001", f"server {admin}")
        text = text.replace("/etc/ssl/workouts/", f"{folder}/").replace("/var/log/nginx/", f"{folder}/")
        yield _answering(Site(folder, text, *stack.enter_context(served_by_nginx(folder, text))))


def _admin_listener(place: str, database: str, folder: Path) -> AbstractContextManager[None]:
    environ = {
        "APP_ENV": "development", "ADMIN_LISTEN": place, "DATABASE_URL": database, "JWT_SECRET_KEY": SECRET,
        "WORKOUTS_DATA_DIR": str(folder),
    }  # fmt: skip
    return process("workouts_api.cli", "admin", environ=environ, folder=folder, log="admin.log")


def _answering(site: Site) -> Site:
    """Once nginx listens, and the admin listener behind it."""
    for _ in range(200):
        with suppress(AssertionError):
            if site.curl("/health/live").status == 200:
                return site
        time.sleep(0.05)
    raise AssertionError((site.folder / "nginx.error.log").read_text())


def is_error(reply: Reply, status: int, code: str) -> bool:
    """In the API's envelope, with a request id, kept by nobody."""
    said = reply.json
    assert set(said) == {"error", "message", "details", "request_id"}
    assert said["error"] in ERRORS
    assert said["request_id"]
    assert reply.headers["content-type"] == "application/json"
    return (reply.status, said["error"]) == (status, code)


def test_it_speaks_http_2_with_tls_from_1_2_on(site: Site) -> None:
    reply = site.curl("/api/v1", "--http2")
    assert (reply.status, reply.protocol) == (200, "HTTP/2")
    for options in (("--tls-max", "1.2"), ("--tlsv1.3",)):
        assert site.curl("/health/live", *options).status == 200
    old = ["curl", "-sS", "-k", "--tls-max", "1.1", "--resolve", f"{NAME}:{site.tls}:127.0.0.1"]
    refused = subprocess.run([*old, f"https://{NAME}:{site.tls}/"], capture_output=True, check=False)
    assert refused.returncode != 0


def test_replies_say_that_they_are_for_https_alone(site: Site) -> None:
    headers = site.curl("/api/v1").headers
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert headers["x-content-type-options"] == "nosniff"
    assert "nginx/" not in headers["server"]


@pytest.mark.parametrize("path", ["/", "/api/v1/users/me", "/health/live"])
def test_plain_http_is_refused_and_not_redirected(site: Site, path: str) -> None:
    reply = site.curl(path, scheme="http")
    assert is_error(reply, 403, "forbidden")
    assert "location" not in reply.headers


@pytest.mark.parametrize("host", ["other.example.com", "", "127.0.0.1"])
def test_another_host_is_400(site: Site, host: str) -> None:
    assert is_error(site.curl("/api/v1", "-H", f"Host: {host}" if host else "Host;"), 400, "bad_request")


def test_what_nginx_refuses_is_in_the_envelope(site: Site) -> None:
    assert is_error(site.curl("/" + "x" * 20_000, "--http1.1"), 414, "uri_too_long")
    assert is_error(site.curl("/api/v1", "--http1.1", "-H", "X-Long: " + "x" * 20_000), 400, "bad_request")
    large = site.folder / "large"
    with large.open("wb") as file:
        file.truncate(66 * 2**20)
    assert is_error(site.curl("/api/v1/imports", "--http1.1", "--data-binary", f"@{large}"), 413, "too_large")


def test_health_is_the_admin_listeners_and_nothing_else_of_it_is_reached(site: Site) -> None:
    assert site.curl("/health/live").json == {"status": "ok"}
    ready = site.curl("/health/ready")
    assert (ready.status, "age_s" in ready.json) == (200, True)
    for path in ("/threads", "/metrics", "/live", "/health/threads", "/health/live/../metrics"):
        assert site.curl(path, "--path-as-is").status == 404, path


def test_the_apis_own_errors_pass_as_they_are(site: Site) -> None:
    assert is_error(site.curl("/api/v1/users/me"), 401, "invalid_credentials")
    assert is_error(site.curl("/api/v1/nothing"), 404, "not_found")


def test_both_logs_have_the_same_request_id_and_no_query_string(site: Site) -> None:
    reply = site.curl("/api/v1/nothing?token=secret")
    log = site.folder / "workouts.log"
    wait_until(lambda: reply.json["request_id"] in log.read_text(), "nginx writes behind the reply")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    (line,) = [line for line in lines if line["request_id"] == reply.json["request_id"]]
    assert (line["status"], line["path"], line["address"]) == (404, "/api/v1/nothing", "127.0.0.1")
    assert "secret" not in json.dumps(lines)


def test_replies_are_compressed_but_for_those_with_tokens(site: Site) -> None:
    page = site.curl("/openapi.json", "-H", "Accept-Encoding: gzip")
    assert page.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(page.body))["openapi"].startswith("3.")
    assert page.headers["vary"].count("Accept-Encoding") == 1
    body = json.dumps({"username": "x" * 200, "password": "y" * 100})
    signing_in = site.curl(
        "/api/v1/auth/login", "-H", "Accept-Encoding: gzip", "-H", "Content-Type: application/json", "-d", body
    )
    assert "content-encoding" not in signing_in.headers


def test_an_api_that_is_away_is_503_and_nothing_was_done(site: Site) -> None:
    away = re.sub(r"server \S+ max_fails=0;", "server unix:/nowhere/api.sock max_fails=0;", site.text, count=1)
    with served_by_nginx(site.folder, away) as ports:
        reply = _answering(Site(site.folder, away, *ports)).curl("/api/v1/users/me")
    assert is_error(reply, 503, "unavailable")
    assert int(reply.headers["retry-after"]) > 0


def test_an_api_that_hangs_up_before_it_answers_is_503_and_the_outcome_is_unknown(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=_hang_up, args=(listener,), daemon=True).start()
        broken = re.sub(
            r"server \S+ max_fails=0;",
            f"server 127.0.0.1:{listener.getsockname()[1]} max_fails=0;",
            site.text,
            count=1,
        )
        with served_by_nginx(site.folder, broken) as ports:
            reply = _answering(Site(site.folder, broken, *ports)).curl("/api/v1/sessions", "-d", "{}")
    assert is_error(reply, 503, "outcome_unknown")


def _hang_up(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.close()
