"""gunicorn behind the SSH tunnel, with a database of its own; and who calls it over HTTP."""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, cast

import psycopg

from tests.conftest import ROOMY, SECRET, create_database
from tests.road.processes import bastion, gunicorn, short_folder, tunnel, wait_until
from tests.tunnel.servers import Kind, SshServer
from workouts_api.host.embedded import EmbeddedPostgres

PASSWORD = "correct horse battery"
BOUNDARY = "a-boundary-that-no-file-has"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


@dataclass(frozen=True)
class Api:
    """A client of a server's, over HTTP, each request on a connection of its own."""

    place: str
    token: str = ""
    read_after: list[str] = field(default_factory=lambda: [""], compare=False)
    """The greatest position that a server with replicas said, and is told with each GET; a load's threads share it."""

    def request(
        self, method: str, path: str, data: bytes | IO[bytes] | None = None, headers: Mapping[str, str] = NO_HEADERS
    ) -> Answer:
        sent = {**headers, "Authorization": f"Bearer {self.token}"} if self.token else dict(headers)
        if self.read_after[0] and method == "GET":
            sent["X-Read-After"] = self.read_after[0]
        connection = http.client.HTTPConnection(self.place, timeout=30)
        try:
            connection.request(method, path, data, sent)
            reply = connection.getresponse()
            self.read_after[0] = max(self.read_after[0], reply.headers.get("X-Read-After", ""))
            return Answer(reply.status, cast("Mapping[str, str]", reply.headers), reply.read())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def post(self, path: str, body: Any, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        return self.request("POST", path, json.dumps(body).encode(), {**headers, "Content-Type": "application/json"})

    def upload(self, content: bytes) -> Answer:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="workouts.csv"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        content_type = f"multipart/form-data; boundary={BOUNDARY}"
        return self.request("POST", "/api/v1/imports", body, {"Content-Type": content_type})


@dataclass(frozen=True)
class ServedRoad:
    """All of it: HTTP, gunicorn, tunnel, SSH server, database."""

    api: Api
    server: SshServer
    database: psycopg.Connection[Any]
    """A superuser's, which does not go through the tunnel."""
    log: Path
    tunnel_folder: Path

    def newcomer(self, zone: str = "UTC") -> Api:
        """Somebody who has just registered and signed in."""
        username = f"ada-{secrets.token_hex(4)}"
        person = {"email": f"{username}@example.org", "username": username, "password": PASSWORD, "zone": zone}
        made = self.api.post("/api/v1/auth/register", person)
        assert made.status == 201, made.raw
        return self.sign_in(username)

    def sign_in(self, username: str) -> Api:
        tokens = self.api.post("/api/v1/auth/login", {"username": username, "password": PASSWORD})
        assert tokens.status == 200, tokens.raw
        return replace(self.api, token=tokens.json["access_token"])


@contextmanager
def served_road(
    cluster: EmbeddedPostgres, template: str, engine: str, kind: Kind, **settings: str
) -> Iterator[ServedRoad]:
    """The road, ready."""
    name = f"workouts_road_{secrets.token_hex(4)}"
    with ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        admin = stack.enter_context(psycopg.connect(cluster.dsn(), autocommit=True))
        create_database(admin, name, template)
        stack.callback(admin.execute, f"drop database {name} with (force)")
        database = stack.enter_context(psycopg.connect(cluster.dsn(name), autocommit=True))
        near = cluster.socket_dir / f".s.PGSQL.{cluster.port}"
        server, port = stack.enter_context(bastion(kind, folder, near))
        environ = {
            **server.environment,
            **ROOMY,
            "APP_ENV": "development",
            "DATABASE_URL": f"postgresql://workouts_app@localhost:{port}/{name}",
            "JWT_SECRET_KEY": SECRET,
            "LOG_LEVEL": "WARNING",
            "RATE_LIMIT_USER": str(10**9),  # counted, and never reached
            "RATE_LIMIT_ADDRESS": str(10**9),
            "SSH_ENGINE": engine,
            "TUNNEL_DIR": str(folder / "tunnel"),
            "WEB_THREADS": "4",
            "WEB_WORKERS": "2",
            "WORKOUTS_DATA_DIR": str(folder),
            **settings,
        }
        stack.enter_context(tunnel(environ, folder))
        place = stack.enter_context(gunicorn(environ, folder))
        api = Api(place)
        wait_until(lambda: api.get("/health/ready").status == 200, folder / "gunicorn.log")
        yield ServedRoad(api, server, database, folder / "gunicorn.log", folder / "tunnel")
