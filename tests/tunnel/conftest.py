"""Both engines, both kinds of server, and a PostgreSQL that listens on TCP."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.postgres import throwaway_cluster
from tests.tunnel.road import Road
from tests.tunnel.servers import SSHD, AbsentServer, Kind, SshServer, free_port, make_server

HBA = ("local all all trust", "host all postgres 127.0.0.1/32 trust")


@dataclass(frozen=True)
class Database:
    """PostgreSQL behind the bastion."""

    port: int
    socket: Path

    @property
    def url(self) -> str:
        return f"postgresql://postgres@localhost:{self.port}/postgres"


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One cluster that listens on TCP, for all tests of the tunnel. The processes of a run share it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "tunnel-postgres"
    folder.mkdir(mode=0o711, exist_ok=True)
    with (folder / "port").open("a+") as port_file:
        fcntl.flock(port_file, fcntl.LOCK_EX)
        port_file.seek(0)
        port = int(port_file.read() or free_port())
        port_file.truncate(0)
        port_file.write(str(port))
    options = {"listen_addresses": "127.0.0.1", "port": str(port)}
    with throwaway_cluster(folder, options=options, hba=HBA) as server:
        yield Database(port, server.socket_dir / f".s.PGSQL.{port}")


def _need(program: str, path: str | None) -> None:
    if path is None and program in os.environ.get("WORKOUTS_TEST_REQUIRE", "").replace(",", " ").split():
        pytest.fail(f"there is no {program}, and WORKOUTS_TEST_REQUIRE names it")
    if path is None:
        pytest.skip(f"there is no {program}")


@pytest.fixture(params=["sshtunnel", "openssh"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "openssh":
        _need("ssh", shutil.which("ssh"))
    return str(request.param)


@pytest.fixture(params=["demo", "sshd"])
def kind(request: pytest.FixtureRequest) -> Kind:
    if request.param == "sshd":
        _need("sshd", SSHD)
        return "sshd"
    return "demo"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets. tmp_path may be too long."""
    made = Path(tempfile.mkdtemp(prefix="wt-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def server(kind: Kind, folder: Path, database: Database) -> Iterator[SshServer]:
    """A running SSH server that leads to the database and nowhere else."""
    made = make_server(kind, folder / "ssh", ("localhost", database.port))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def demo_server(folder: Path, database: Database) -> Iterator[SshServer]:
    """The demo server, for tests that do not depend on the kind of server."""
    made = make_server("demo", folder / "ssh", ("localhost", database.port))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def steady_servers(database: Database) -> Iterator[Callable[[Kind], SshServer]]:
    """Servers that no test stops or changes, one of each kind for the whole run."""
    folder = Path(tempfile.mkdtemp(prefix="wt-"))
    made: dict[Kind, SshServer] = {}

    def get(kind: Kind) -> SshServer:
        if kind not in made:
            made[kind] = make_server(kind, folder / kind, ("localhost", database.port))
            made[kind].start()
        return made[kind]

    yield get
    for server in made.values():
        server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def steady_road(
    steady_servers: Callable[[Kind], SshServer], kind: Kind, folder: Path, database: Database, engine: str
) -> Road:
    """Each engine with each kind of server. Tests must not stop or change the server."""
    return Road(steady_servers(kind), folder / "t", database.url, engine)


@pytest.fixture
def steady_demo_road(
    steady_servers: Callable[[Kind], SshServer], folder: Path, database: Database, engine: str
) -> Road:
    """The same, only with the demo server."""
    return Road(steady_servers("demo"), folder / "t", database.url, engine)


@pytest.fixture
def lonely_road(folder: Path) -> Road:
    """The settings of a tunnel whose bastion does not exist."""
    server = AbsentServer(folder / "ssh")
    return Road(server, folder / "t", "postgresql://postgres@localhost/postgres", "sshtunnel")


@pytest.fixture
def road(server: SshServer, folder: Path, database: Database, engine: str) -> Road:
    """Settings for a tunnel that is not started yet: each engine, each kind of server."""
    return Road(server, folder / "t", database.url, engine)


@pytest.fixture
def demo_road(demo_server: SshServer, folder: Path, database: Database, engine: str) -> Road:
    """The same for each engine, only with the demo server."""
    return Road(demo_server, folder / "t", database.url, engine)
